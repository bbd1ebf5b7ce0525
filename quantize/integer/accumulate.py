"""Exact integer dot products through floating-point matrix multiplication, which BLAS makes fast.

A float32 sum of integers is exact while every partial sum stays below 2^24, a float64 sum below 2^53.
"""

from __future__ import annotations

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import INT32_MAX, LIMITS, wrap_int32
from skipstone.quantize.integer.node import Array

_EXACT_FLOAT32 = 1 << 24


class DotProduct:
    """``(x − zero_point) · Wᵀ + bias`` for constant int8 weights.

    Args:
        weight: int8[out, in].
        bias: int64[out].
        zero_point: of the input.
        dtype: of the input, int8 or int16.
        is_wide: the accumulator has 64 bits; else it wraps to 32.
    """

    def __init__(
        self, weight: Array, bias: Array, zero_point: int, dtype: str = "int8", is_wide: bool = False
    ) -> None:
        wide = weight.astype(np.int64)
        magnitude = np.abs(wide).sum(axis=1)
        exact_in_float32 = int(magnitude.max(initial=0)) * -LIMITS[dtype][0] < _EXACT_FLOAT32
        self._type = np.float32 if exact_in_float32 else np.float64
        self._matrix = np.ascontiguousarray(weight.T.astype(self._type))
        self._offset = bias - zero_point * wide.sum(axis=1)
        reach = np.abs(bias) + (LIMITS[dtype][1] - LIMITS[dtype][0]) * magnitude
        self._may_wrap = not is_wide and bool((reach > INT32_MAX).any())

    def __call__(self, x: Array) -> Array:
        """``dtype``[..., in] → int64[..., out], reduced to int32 as the device's registers do unless wide."""
        accumulator = (x.astype(self._type) @ self._matrix).astype(np.int64) + self._offset
        return wrap_int32(accumulator) if self._may_wrap else accumulator
