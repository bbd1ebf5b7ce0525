"""Export of a generated model as a C library that needs nothing of Skipstone."""
