"""SOFTMAX int16 → int16 (output scale 1/32768, zero point 0) as TFLM's reference kernel computes it.

Exponential and reciprocal are tables of 513 values between which the kernel interpolates.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.fixed_point import (
    INT16_MAX,
    INT16_MIN,
    IntegerArray,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)

OUTPUT_SCALE = 1 / (1 << 15)
INTERVALS = 512
LARGEST_ROW = 1 << 15
"""A sum of that many exponentials of 15 bits fits 31 bits."""
_RANGE = INT16_MAX - INT16_MIN
_INPUT_RANGE = 10.0
"""Differences from the largest logit beyond this count as this; exp(−10) is less than two steps."""


@cache
def exp_table() -> NDArray[np.int16]:
    """``exp`` over [−10, 0] in 15 fractional bits, int16[513]."""
    return _table(np.exp, np.float32(_INPUT_RANGE / _RANGE), INT16_MAX)


@cache
def reciprocal_table() -> NDArray[np.int16]:
    """``1 / (1 + x)`` over [0, 1] in 15 fractional bits, int16[513]."""
    return _table(lambda x: np.float32(1) / (np.float32(1) + x), np.float32(1.0 / _RANGE), INT16_MIN)


def _table(
    function: Callable[[NDArray[np.float32]], NDArray[np.float32]], scale: np.float32, zero_point: int
) -> NDArray[np.int16]:
    """TFLM ``LUTPopulateInt16<float>``: entries moved by half the error in mid-interval."""
    first = scale * np.float32(INT16_MIN - zero_point)
    last = scale * np.float32(INT16_MAX - zero_point)
    step = np.float32((last - first) / INTERVALS)
    half = np.float32(step / 2)
    index = np.arange(INTERVALS, dtype=np.float32)
    gain = np.float32(_RANGE + 1) / np.float32(np.float32(2.0 / _RANGE) * np.float32(_RANGE))
    start = first + index * step
    value, middle, following = (function(x) for x in (start, start + half, first + (index + 1) * step))
    sample = _rounded(value * gain)
    interpolated = _rounded((following * gain + sample) / np.float32(2))
    bias = _rounded((interpolated - _rounded(middle * gain)) / np.float32(2))
    end = _rounded(function(np.array([last], np.float32)) * gain)
    return np.concatenate([sample - bias, end]).clip(INT16_MIN, INT16_MAX).astype(np.int16)


def _rounded(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Halves away from zero."""
    return np.asarray(np.sign(x) * np.floor(np.abs(x).astype(np.float64) + 0.5), np.float32)


def interpolate(x: IntegerArray, table: NDArray[np.int16]) -> IntegerArray:
    """The table at an int16 argument held as int64 (TFLM ``LUTLookup``)."""
    wide = table.astype(np.int64)
    index = 256 + (x >> 7)
    return wide[index] + (((wide[index + 1] - wide[index]) * (x & 0x7F) + 64) >> 7)


def softmax16_multiplier(scale: float, beta: float) -> tuple[int, int]:
    """Factor that brings differences of logits to 65535 steps over [−10, 0] (TFLM ``SoftmaxPrepare``)."""
    product = float(np.float32(scale)) * float(np.float32(beta))
    return quantize_multiplier(product / (_INPUT_RANGE / _RANGE))


def softmax16(x: IntegerArray, multiplier: int, shift: int) -> IntegerArray:
    """SOFTMAX over the last axis of int16 values held as int64.

    Source: TFLM ``reference_ops::SoftmaxInt16``.
    """
    difference = x - x.max(axis=-1, keepdims=True)
    scaled = multiply_by_quantized_multiplier(difference, multiplier, shift) + INT16_MAX
    exponentials = interpolate(scaled.clip(INT16_MIN, INT16_MAX), exp_table())
    total = exponentials.sum(axis=-1, keepdims=True)
    headroom = 31 - np.floor(np.log2(total)).astype(np.int64)
    shifted = ((total << (headroom - 1)) + (1 << 13)) >> 14
    argument = (shifted - ((1 << 15) + (1 << 16))).clip(INT16_MIN, INT16_MAX)
    reciprocal = interpolate(argument, reciprocal_table())
    right = 31 - headroom
    return ((exponentials * reciprocal + (1 << (right - 1))) >> right).clip(0, INT16_MAX)
