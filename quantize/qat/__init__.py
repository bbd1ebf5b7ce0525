"""Quantization-aware training whose forward values are the integers of the device.

``folding`` removes batch normalization, ``activation`` holds learned scales, ``integer_ops`` the
operators with exact forward values and straight-through gradients, ``network`` the network made of
them, ``export`` the tensors of a checkpoint.
"""
