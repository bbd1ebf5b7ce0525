"""Quantization of weights and biases: int8 per output channel in ±127, int32 biases.

``s_w = max|w| / 127`` over one output channel (float32, at least 1e-8),
``q = clip(round_half_even(w / s_w), ±127)``, ``bias = round_half_even(b / (s_in · s_w))``.
The functions named ``rounded_*`` serve NumPy and torch alike and return floats with integer values; those
named ``quantize_*`` are for NumPy and return integers.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = Any
"""A float32 ``numpy.ndarray`` or a float32 ``torch.Tensor``."""

SMALLEST_SCALE = 1e-8
WEIGHT_MAX = 127


def weight_scale(weight: FloatArray, channel_axis: int = 0) -> FloatArray:
    """Scale of each output channel.

    Args:
        weight: float32[out, in] (``channel_axis`` 0) or depthwise float32[taps, channels] (axis 1).

    Returns:
        float32[channels], of the kind of ``weight``.
    """
    reduced = 1 - channel_axis
    magnitude = abs(weight)
    largest = magnitude.amax(reduced) if hasattr(magnitude, "amax") else magnitude.max(axis=reduced)
    # The divisor is an array: some torch kernels multiply by the reciprocal of a Python number instead.
    scale = largest / (largest * 0 + WEIGHT_MAX)
    return scale.clip(SMALLEST_SCALE, None)


def rounded_weight(weight: FloatArray, scale: FloatArray, channel_axis: int = 0) -> FloatArray:
    """``clip(round_half_even(weight / scale), ±127)`` as float32, of the shape of ``weight``."""
    broadcast = scale.reshape((-1, 1) if channel_axis == 0 else (1, -1))
    return (weight / broadcast).round().clip(-WEIGHT_MAX, WEIGHT_MAX)


def rounded_bias(bias: FloatArray, bias_scale: FloatArray) -> FloatArray:
    """``round_half_even(bias / bias_scale)`` limited to int32.

    Args:
        bias: float64[out], the bias widened from float32.
        bias_scale: float64[out], the float32 product ``s_in · s_w`` widened.
    """
    limit = (1 << 31) - 1
    return (bias / bias_scale).round().clip(-limit, limit)


def quantize_weight(
    weight: NDArray[np.float32], channel_axis: int = 0
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return ``(int8 weight of the same shape, float32[channels] scales)``."""
    weight = np.asarray(weight, np.float32)
    scale = weight_scale(weight, channel_axis).astype(np.float32)
    return rounded_weight(weight, scale, channel_axis).astype(np.int8), scale


def bias_scales(input_scale: float, weight_scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """The float32 product ``s_in · s_w``, float32[out]."""
    return (np.float32(input_scale) * np.asarray(weight_scales, np.float32)).astype(np.float32)


def quantize_bias(
    bias: NDArray[np.float32], input_scale: float, weight_scales: NDArray[np.float32]
) -> NDArray[np.int32]:
    """int32[out] biases for float32[out] ``bias``."""
    scales = bias_scales(input_scale, weight_scales).astype(np.float64)
    return rounded_bias(np.asarray(bias, np.float32).astype(np.float64), scales).astype(np.int32)
