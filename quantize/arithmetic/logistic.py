"""LOGISTIC int8 → int8 (scale 1/256, zero point −128) as TFLM's reference kernel computes it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.exponential import exp_on_negative_values, one_over_one_plus_x
from skipstone.quantize.arithmetic.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    INT32_MAX,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_power_of_two,
)

INPUT_INTEGER_BITS = 4


def logistic_table(input_scale: float, input_zero_point: int) -> NDArray[np.int8]:
    """Output for each of the 256 int8 inputs, int8[256], indexed by ``x + 128``."""
    fractional_bits = 31 - INPUT_INTEGER_BITS
    multiplier, shift = quantize_multiplier(float(np.float32(input_scale)) * (1 << fractional_bits))
    if multiplier == 0:
        raise ValueError(f"an input scale of {input_scale}; TFLM's range of inputs leaves int32")
    radius = math.floor(((1 << INPUT_INTEGER_BITS) - 1) * (1 << fractional_bits) / (1 << shift))
    x = np.arange(INT8_MIN, INT8_MAX + 1, dtype=np.int64) - input_zero_point
    scaled = multiply_by_quantized_multiplier(x.clip(-radius, radius), multiplier, shift)
    positive = one_over_one_plus_x(exp_on_negative_values(-abs(scaled), INPUT_INTEGER_BITS))
    value = np.where(scaled > 0, positive, INT32_MAX - positive)
    value = np.where(scaled == 0, 1 << 30, value)
    output = (rounding_divide_by_power_of_two(value, 23) + INT8_MIN).clip(INT8_MIN, INT8_MAX)
    return np.where(x <= -radius, INT8_MIN, np.where(x >= radius, INT8_MAX, output)).astype(np.int8)
