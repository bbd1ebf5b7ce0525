"""Unary int8 operators as tables: a function of one int8 value is 256 bytes.

Every table is ``int8[256]`` (``uint8`` where the output is), indexed by the input byte read as ``uint8``:
entry 0 … 127 are the inputs 0 … 127, entry 128 … 255 the inputs −128 … −1. That is the index a device
computes for free. Quantizations are ``(scale, zero_point)``; scales count as float32, as TFLM holds them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    LIMITS,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    requantize,
)
from skipstone.quantize.arithmetic.logistic import logistic_table as logistic_by_value

Quantization = tuple[float, int]


def inputs_of(dtype: str = "int8") -> NDArray[np.int64]:
    """The input value of every table entry, int64[256]."""
    codes = np.arange(256, dtype=np.int64)
    return np.where(codes < 128, codes, codes - 256) if dtype == "int8" else codes


def requantization_table(
    source: Quantization, target: Quantization, source_type: str = "int8", target_type: str = "int8"
) -> NDArray[Any]:
    """QUANTIZE between 8-bit types (TFLM ``reference_ops::Requantize``, float64 quotient of the scales)."""
    multiplier, shift = quantize_multiplier(_float32(source[0]) / _float32(target[0]))
    centred = inputs_of(source_type) - source[1]
    low, high = LIMITS[target_type]
    return requantize(centred, multiplier, shift, target[1], low, high).astype(target_type)


def logistic_table(source: Quantization) -> NDArray[np.int8]:
    """LOGISTIC; the output has scale 1/256 and zero point −128."""
    return np.roll(logistic_by_value(*source), INT8_MIN)


def relu_table(source: Quantization, target: Quantization) -> NDArray[np.int8]:
    """RELU (TFLM ``ReluQuantized``: rescale by the float32 quotient of the scales, then clamp)."""
    multiplier, shift = quantize_multiplier(float(np.float32(source[0]) / np.float32(target[0])))
    low = max(INT8_MIN, target[1])
    return requantize(inputs_of() - source[1], multiplier, shift, target[1], low, INT8_MAX).astype(np.int8)


def relu6_table(source: Quantization) -> NDArray[np.int8]:
    """RELU6 (TFLM ``Relu6Quantized``: a clamp of the input's own bytes; both sides are quantized alike)."""
    scale, zero_point = source
    six = zero_point + int(np.floor(np.float32(6.0) / np.float32(scale) + 0.5))
    return inputs_of().clip(zero_point, min(six, INT8_MAX)).astype(np.int8)


def leaky_relu_table(source: Quantization, target: Quantization, alpha: float) -> NDArray[np.int8]:
    """LEAKY_RELU (TFLM ``QuantizeLeakyRelu``: one float32 factor a side of zero)."""
    in_scale, out_scale = np.float32(source[0]), np.float32(target[0])
    identity = quantize_multiplier(float(in_scale / out_scale))
    slope = float(in_scale * np.float32(alpha) / out_scale)
    if slope < 0:
        raise ValueError(f"leaky_relu: alpha {alpha} is negative")
    x = inputs_of() - source[1]
    positive = multiply_by_quantized_multiplier(x, *identity)
    negative = multiply_by_quantized_multiplier(x, *quantize_multiplier(slope))
    scaled = np.array([positive, negative])[(x < 0) * 1, np.arange(256)] + target[1]
    return scaled.clip(INT8_MIN, INT8_MAX).astype(np.int8)


def _float32(value: float) -> float:
    return float(np.float32(value))
