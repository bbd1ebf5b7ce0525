"""The compute-cost-amortized Transformer in PyTorch: blocks, arbitrators and their cost."""
