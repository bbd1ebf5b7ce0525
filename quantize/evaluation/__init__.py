"""Accuracy and compute of a .tflite: runners, CTC decoding, word error rate."""
