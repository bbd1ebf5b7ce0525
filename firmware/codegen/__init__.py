"""Code generation: from a .tflite file to C for one board."""
