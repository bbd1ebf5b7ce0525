"""Quantization-aware training whose forward values are the integers of the device."""
