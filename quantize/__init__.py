"""Models, quantization-aware training, the integer model and the TFLite writer and reader."""
