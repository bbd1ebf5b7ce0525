"""SOFTMAX int8 → int8 (scale 1/256, zero point −128) as TFLM's reference kernel computes it.

The exponential depends on ``max − x`` only, which has 256 values: :func:`softmax_exp_table` holds them all.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.exponential import exp_on_negative_values, one_over_one_plus_x
from skipstone.quantize.arithmetic.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    IntegerArray,
    quantize_multiplier,
    rounding_divide_by_power_of_two,
    saturating_rounding_doubling_high_mul,
)

SCALED_DIFF_INTEGER_BITS = 5
ACCUMULATION_INTEGER_BITS = 12
OUTPUT_SCALE, OUTPUT_ZERO_POINT = 1 / 256, -128


def softmax_scaling(beta: float, input_scale: float) -> tuple[int, int, int]:
    """Rescaling of ``x − max`` to Q5.26.

    Source: TFLM ``PreprocessSoftmaxScaling`` and ``CalculateInputRadius`` (quantization_util.cc).

    Returns:
        ``(multiplier, left_shift, diff_min)``; a difference below ``diff_min`` counts as probability zero.
    """
    fractional_bits = 31 - SCALED_DIFF_INTEGER_BITS
    real = float(np.float32(beta)) * float(np.float32(input_scale)) * (1 << fractional_bits)
    real = min(real, (1 << 31) - 1.0)
    if real <= 1.0:
        raise ValueError(f"softmax: beta {beta} × input scale {input_scale} is too small for TFLM")
    multiplier, shift = quantize_multiplier(real)
    radius = ((1 << SCALED_DIFF_INTEGER_BITS) - 1) * (1 << fractional_bits) / (1 << shift)
    return multiplier, shift, -math.floor(radius)


def softmax_exp_table(beta: float, input_scale: float) -> NDArray[np.int32]:
    """``exp(beta · input_scale · (x − max))`` in Q0.31, int32[256], indexed by ``max − x``.

    Entries below ``diff_min`` are 0: they add nothing to the sum and yield probability zero, as in TFLM.
    """
    multiplier, shift, diff_min = softmax_scaling(beta, input_scale)
    difference = -np.arange(256, dtype=np.int64)
    kept = np.maximum(difference, diff_min)
    scaled = saturating_rounding_doubling_high_mul(kept << shift, multiplier)
    exponential = exp_on_negative_values(scaled, SCALED_DIFF_INTEGER_BITS)
    return np.where(difference >= diff_min, exponential, 0).astype(np.int32)


def softmax_normalize(exponentials: IntegerArray) -> IntegerArray:
    """Turn exponentials into int8 probabilities along the last axis.

    Args:
        exponentials: int64[..., n] values of :func:`softmax_exp_table` in Q0.31, at least one of them that of
            ``max − x = 0``; ``n`` at most 4096. NumPy or torch.

    Returns:
        int64[..., n] in −128 … 127, scale 1/256, zero point −128.
    """
    terms = rounding_divide_by_power_of_two(exponentials, ACCUMULATION_INTEGER_BITS)
    total = terms.sum(-1)[..., None]
    bit_length = 20 + sum((total >= (1 << bit)) * 1 for bit in range(20, 32))
    leading_zeros = 32 - bit_length
    scale = one_over_one_plus_x((total << leading_zeros) - (1 << 31))
    exponent = ACCUMULATION_INTEGER_BITS - leading_zeros + 31 - 8
    product = saturating_rounding_doubling_high_mul(scale, exponentials)
    rounded = rounding_divide_by_power_of_two(product, exponent)
    return (rounded + OUTPUT_ZERO_POINT).clip(INT8_MIN, INT8_MAX)


def softmax(x: IntegerArray, exp_table: IntegerArray) -> IntegerArray:
    """SOFTMAX over the last axis: int64[..., n] with int8 values → int64[..., n] with int8 values.

    Args:
        exp_table: int64[256] of :func:`softmax_exp_table`, of the same kind (NumPy, torch) as ``x``.
    """
    largest = x.amax(-1) if hasattr(x, "amax") else x.max(axis=-1)
    return softmax_normalize(exp_table[largest[..., None] - x])
