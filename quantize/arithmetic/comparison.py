"""Comparison of int8 tensors (TFLM ``comparisons.cc``): both sides are rescaled, to 8 fractional bits.

The rescaling rounds, so for scales below 1/256 neighbouring values compare equal. For a constant right side
GREATER is a table of integer thresholds: :func:`greater_thresholds`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skipstone.quantize.arithmetic.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    IntegerArray,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)

LEFT_SHIFT = 8
NEVER = INT8_MAX + 1
"""Threshold of an element that no int8 value passes."""


def comparison_multiplier(scale: float) -> tuple[int, int]:
    """Multiplier and shift of one operand's scale.

    Raises:
        ValueError: a scale of 1 or more, which TFLM refuses.
    """
    real = float(np.float32(scale))
    if not 0.0 < real < 1.0:
        raise ValueError(f"comparison: a scale must lie in (0, 1), not {real}")
    return quantize_multiplier(real)


def rescale_for_comparison(x: IntegerArray, scale: float, zero_point: int) -> IntegerArray:
    """``round(256 · scale · (x − zero_point))`` as TFLM rounds it.

    Raises:
        ValueError: a scale of 1 or more, which TFLM refuses.
    """
    return multiply_by_quantized_multiplier((x - zero_point) << LEFT_SHIFT, *comparison_multiplier(scale))


def greater(
    a: IntegerArray, b: IntegerArray, a_quantization: tuple[float, int], b_quantization: tuple[float, int]
) -> IntegerArray:
    """``a > b`` for int64 arrays or tensors of int8 values; quantizations are ``(scale, zero_point)``."""
    return rescale_for_comparison(a, *a_quantization) > rescale_for_comparison(b, *b_quantization)


def greater_thresholds(
    right: ArrayLike, left_quantization: tuple[float, int], right_quantization: tuple[float, int]
) -> NDArray[np.int16]:
    """Smallest int8 left value that passes ``left > right`` for each constant right value.

    Returns:
        int16, of the shape of ``right``: ``left > right`` is ``left >= threshold``; :data:`NEVER` where no
        value passes.
    """
    candidates = rescale_for_comparison(np.arange(INT8_MIN, INT8_MAX + 1, dtype=np.int64), *left_quantization)
    bound = rescale_for_comparison(np.asarray(right, np.int64), *right_quantization)
    passing = np.searchsorted(candidates, bound, side="right")
    return np.asarray(passing + INT8_MIN, np.int16)
