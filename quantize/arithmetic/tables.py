"""Unary operators: functions of values of any type, and tables of 256 bytes for 8-bit inputs.

Functions take int64 arrays and return them; ``dtype`` is the type of the output. Every table is ``int8[256]``
(``uint8`` where the output is), indexed by the input byte read as ``uint8``: entry 0 … 127 are the inputs
0 … 127, entry 128 … 255 the inputs −128 … −1. That is the index a device computes for free. Quantizations
are ``(scale, zero_point)``; scales count as float32, as TFLM holds them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.fixed_point import (
    INT8_MIN,
    LIMITS,
    IntegerArray,
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


def requantization_multiplier(source: Quantization, target: Quantization) -> tuple[int, int]:
    """``(multiplier, shift)`` of QUANTIZE between integers: the float64 quotient of the scales."""
    return quantize_multiplier(_float32(source[0]) / _float32(target[0]))


def requantized(x: IntegerArray, source: Quantization, target: Quantization, dtype: str) -> IntegerArray:
    """QUANTIZE between integer types (TFLM ``reference_ops::Requantize``)."""
    multiplier, shift = requantization_multiplier(source, target)
    return requantize(x - source[1], multiplier, shift, target[1], *LIMITS[dtype])


def requantization_table(
    source: Quantization, target: Quantization, source_type: str = "int8", target_type: str = "int8"
) -> NDArray[Any]:
    """QUANTIZE of every 8-bit input."""
    return np.asarray(requantized(inputs_of(source_type), source, target, target_type), target_type)


def logistic_table(source: Quantization) -> NDArray[np.int8]:
    """LOGISTIC; the output has scale 1/256 and zero point −128."""
    return np.roll(logistic_by_value(*source), INT8_MIN)


def relu(x: IntegerArray, source: Quantization, target: Quantization, dtype: str = "int8") -> IntegerArray:
    """RELU (TFLM ``ReluQuantized``: rescale by the float64 quotient of the scales, then clamp)."""
    multiplier, shift = quantize_multiplier(_float32(source[0]) / _float32(target[0]))
    smallest, largest = LIMITS[dtype]
    return requantize(x - source[1], multiplier, shift, target[1], max(smallest, target[1]), largest)


def relu6_limits(source: Quantization, dtype: str = "int8") -> tuple[int, int]:
    """Clamp of RELU6 (TFLM ``Relu6Quantized``: of the input's own values; both sides are quantized alike)."""
    scale, zero_point = source
    six = zero_point + int(np.floor(np.float32(6.0) / np.float32(scale) + 0.5))
    return zero_point, min(six, LIMITS[dtype][1])


def leaky_relu_multipliers(
    source: Quantization, target: Quantization, alpha: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """``(multiplier, shift)`` for values from zero on and for those below (one float64 factor each).

    Raises:
        ValueError: a negative ``alpha``, which has no quantized multiplier.
    """
    in_scale, out_scale = _float32(source[0]), _float32(target[0])
    slope = in_scale * _float32(alpha) / out_scale
    if slope < 0:
        raise ValueError(f"leaky_relu: alpha {alpha} is negative")
    return quantize_multiplier(in_scale / out_scale), quantize_multiplier(slope)


def leaky_relu(
    x: IntegerArray, source: Quantization, target: Quantization, alpha: float, dtype: str = "int8"
) -> IntegerArray:
    """LEAKY_RELU (TFLM ``QuantizeLeakyRelu``)."""
    identity, slope = leaky_relu_multipliers(source, target, alpha)
    centred = x - source[1]
    positive: NDArray[np.int64] = multiply_by_quantized_multiplier(centred, *identity)
    negative: NDArray[np.int64] = multiply_by_quantized_multiplier(centred, *slope)
    scaled = np.where(centred < 0, negative, positive)
    return (scaled + target[1]).clip(*LIMITS[dtype])


def relu_table(source: Quantization, target: Quantization) -> NDArray[np.int8]:
    """RELU of every int8 input."""
    return np.asarray(relu(inputs_of(), source, target), np.int8)


def relu6_table(source: Quantization) -> NDArray[np.int8]:
    """RELU6 of every int8 input."""
    return inputs_of().clip(*relu6_limits(source)).astype(np.int8)


def leaky_relu_table(source: Quantization, target: Quantization, alpha: float) -> NDArray[np.int8]:
    """LEAKY_RELU of every int8 input."""
    return np.asarray(leaky_relu(inputs_of(), source, target, alpha), np.int8)


def _float32(value: float) -> float:
    return float(np.float32(value))
