"""Integer arithmetic of TFLM's reference kernels, for NumPy arrays and torch tensors alike.

No module here imports torch: a function uses only operators and methods that ``numpy.ndarray`` and
``torch.Tensor`` share, so that the QAT simulation, the converter and the integer model run the same code.
"""
