"""The integer model: executes a .tflite in NumPy, byte for byte as TFLM's reference kernels do."""
