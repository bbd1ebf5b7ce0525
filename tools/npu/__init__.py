"""What the command line adds to code generation for an NPU: the cost rule, and the check of every job."""
