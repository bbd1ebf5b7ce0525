"""``skipstone validate``: a model on a board against stock TFLM, byte for byte."""
