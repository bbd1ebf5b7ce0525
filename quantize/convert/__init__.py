"""Checkpoint → int8 .tflite with gated blocks, in NumPy alone."""
