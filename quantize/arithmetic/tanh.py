"""TANH int8 → int8 (scale 1/128, zero point 0) as TFLM's reference kernel computes it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.exponential import exp_on_negative_values
from skipstone.quantize.arithmetic.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    INT32_MAX,
    IntegerArray,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_power_of_two,
    saturating_rounding_doubling_high_mul,
    saturating_shift_left,
)
from skipstone.quantize.arithmetic.tables import Quantization, inputs_of

INPUT_INTEGER_BITS = 4
OUTPUT_FRACTIONAL_BITS = 7
_48_OVER_17 = 1515870810  # Q2.29
_MINUS_32_OVER_17 = -1010580540  # Q2.29
_ONE_Q2 = 1 << 29


def one_minus_x_over_one_plus_x(a: IntegerArray) -> IntegerArray:
    """``(1 − a) / (1 + a)`` in Q0.31 for ``a`` in [0, 1) in Q0.31 (gemmlowp, three Newton–Raphson steps)."""
    multiply = saturating_rounding_doubling_high_mul
    half_denominator = (a + INT32_MAX + 1) >> 1
    x = _48_OVER_17 + multiply(half_denominator, _MINUS_32_OVER_17)
    for _ in range(3):
        error = _ONE_Q2 - multiply(half_denominator, x)
        x = x + saturating_shift_left(multiply(x, error), 2)
    return saturating_shift_left(x - _ONE_Q2, 2)


def tanh_table(source: Quantization) -> NDArray[np.int8]:
    """Output for each input byte, int8[256] (TFLM ``reference_integer_ops::Tanh``)."""
    scale, zero_point = source
    fractional_bits = 31 - INPUT_INTEGER_BITS
    multiplier, shift = quantize_multiplier(float(np.float32(scale)) * (1 << fractional_bits))
    if multiplier == 0:
        raise ValueError(f"an input scale of {scale}; TFLM's range of inputs leaves int32")
    radius = math.floor(((1 << INPUT_INTEGER_BITS) - 1) * (1 << fractional_bits) / (1 << shift))
    x = inputs_of() - zero_point
    scaled = multiply_by_quantized_multiplier(x.clip(-radius, radius), multiplier, shift)
    # exp of twice the argument: the same bits with one more of them before the point
    magnitude = one_minus_x_over_one_plus_x(exp_on_negative_values(-abs(scaled), INPUT_INTEGER_BITS + 1))
    value = np.where(scaled == 0, 0, np.where(scaled > 0, magnitude, -magnitude))
    output = rounding_divide_by_power_of_two(value, 31 - OUTPUT_FRACTIONAL_BITS).clip(INT8_MIN, INT8_MAX)
    return np.where(x <= -radius, INT8_MIN, np.where(x >= radius, INT8_MAX, output)).astype(np.int8)
