"""LOGISTIC and TANH int16 → int16 (output scale 1/32768) as TFLM's reference kernels compute them.

Both interpolate in one table of 256 values of the sigmoid, because ``tanh(x) = 2 · sigmoid(2 x) − 1``.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.fixed_point import IntegerArray

OUTPUT_SCALE = 1 / (1 << 15)
TABLE_STEPS_PER_UNIT = 24
_LAST = 255


@cache
def sigmoid_table() -> NDArray[np.uint16]:
    """``sigmoid(i / 24)`` in 16 fractional bits, uint16[256].

    Every entry is moved by half the error that linear interpolation makes in the middle of its interval, the
    last one is where the output saturates. That gives ``sigmoid_table_uint16`` of TFLM
    (``tests/arithmetic/test_sixteen_bit_functions.py`` reads it out of TFLM).
    """
    value = 65536 / (1 + np.exp(-np.arange(513) / (2 * TABLE_STEPS_PER_UNIT)))
    entry, middle, following = value[:-1:2], value[1::2], value[2::2]
    error = (entry + following) / 2 - middle
    table = np.floor(entry - error / 2 + 0.5).astype(np.uint16)
    table[_LAST] = 0xFFFF
    return table


def sigmoid_multiplier(scale: float, largest_power_of_two_shift: int) -> tuple[int, int]:
    """``(multiplier, right shift)`` that bring an int16 input to steps of 1/12288.

    Source: TFLM ``CalculateArithmeticOpDataLogistic`` and ``TanhPrepare``.

    Args:
        scale: of the input, zero point 0.
        largest_power_of_two_shift: 0 for LOGISTIC, 1 for TANH: scales 2^−12 (and 2^−11) are taken exactly.
    """
    exact = float(np.float32(scale))
    power = math.log2(exact) + 12
    if 0 <= power <= largest_power_of_two_shift and power == int(power):
        return 3 << int(power), 0
    multiplier, shift = exact * 4096.0 * 3.0, 0
    while multiplier <= 32767.0 / 2.0 and shift <= 30:
        multiplier, shift = multiplier * 2.0, shift + 1
    if multiplier >= 1 << 15:
        raise ValueError(f"an input scale of {exact}; TFLM's int16 LOGISTIC and TANH take scales below 2.66")
    return int(multiplier), shift


def logistic16(x: IntegerArray, multiplier: int, shift: int) -> IntegerArray:
    """LOGISTIC of int16 values held as int64 (TFLM ``reference_integer_ops::Logistic``)."""
    scaled, magnitude = _scaled(x, multiplier, shift)
    interpolated = _interpolated(magnitude, 9, 0x7FFF << 10)
    return np.where(scaled >= 0, interpolated + (1 << 9), (1 << 25) - interpolated + (1 << 9) - 1) >> 10


def tanh16(x: IntegerArray, multiplier: int, shift: int) -> IntegerArray:
    """TANH of int16 values held as int64 (TFLM ``reference_integer_ops::Tanh``)."""
    scaled, magnitude = _scaled(x, multiplier, shift)
    interpolated = _interpolated(magnitude, 8, 0xFFFF << 8)
    centred = interpolated - (1 << 23)
    return np.where(scaled >= 0, centred + (1 << 7), (1 << 7) - centred - 1) >> 8


def _scaled(x: IntegerArray, multiplier: int, shift: int) -> tuple[IntegerArray, IntegerArray]:
    scaled = (x * multiplier + ((1 << shift) >> 1)) >> shift
    return scaled, abs(scaled)


def _interpolated(magnitude: IntegerArray, bits: int, saturated: int) -> IntegerArray:
    """The table at ``magnitude / 2^bits`` with ``bits`` more fractional bits."""
    table = sigmoid_table().astype(np.int64)
    index = np.minimum(magnitude >> bits, _LAST)
    left, right = table[index], table[np.minimum(index + 1, _LAST)]
    inside = (left << bits) + (magnitude & ((1 << bits) - 1)) * (right - left)
    return np.where(index >= _LAST, saturated, inside)
