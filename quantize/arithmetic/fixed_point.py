"""Fixed-point multiplication with double rounding, as in TFLM's reference kernels (gemmlowp).

Every function takes int64 NumPy arrays, int64 torch tensors or Python integers, and returns the same kind.
Values stand for int32 registers; int64 holds the intermediate products.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

IntegerArray: TypeAlias = Any
"""An int64 ``numpy.ndarray``, an int64 ``torch.Tensor`` or a Python ``int``."""

INT8_MIN, INT8_MAX = -128, 127
INT16_MIN, INT16_MAX = -(1 << 15), (1 << 15) - 1
INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1
LARGEST_SHIFT = 30
LIMITS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"int8": (INT8_MIN, INT8_MAX), "uint8": (0, 255), "int16": (INT16_MIN, INT16_MAX)}
)
"""Smallest and largest value of the types that an activation can have."""
LARGEST_BIAS = 1 << 46
"""Accumulators of 48 bits are what :func:`multiply_wide` takes."""
LARGEST_WIDE_SHIFT = 7
"""Left shift of :func:`multiply_wide`."""


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Write a positive real as ``multiplier · 2^(shift − 31)`` with ``multiplier`` in ``[2^30, 2^31)``.

    Source: TFLM ``QuantizeMultiplier`` (quantization_util.cc).

    Returns:
        ``(multiplier, shift)``; a positive shift is to the left. ``(0, 0)`` for factors below 2^-32.

    Raises:
        ValueError: a negative or infinite factor, or one of 2^30 or more, whose shift leaves int32.
    """
    if not math.isfinite(real) or real < 0:
        raise ValueError(f"a quantized multiplier must be finite and not negative, not {real}")
    fraction, shift = math.frexp(real)
    multiplier = math.floor(fraction * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier //= 2
        shift += 1
    if shift > LARGEST_SHIFT:
        raise ValueError(f"a factor of {real:g} between scales; int32 can be shifted by {LARGEST_SHIFT} bits")
    return (0, 0) if multiplier == 0 or shift < -31 else (multiplier, shift)


def quantize_multipliers(reals: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """:func:`quantize_multiplier` for float64[n]: returns ``(multiplier int64[n], shift int64[n])``."""
    pairs = [quantize_multiplier(float(real)) for real in np.ravel(np.asarray(reals, np.float64))]
    multipliers, shifts = zip(*pairs, strict=True)
    return np.array(multipliers, np.int64), np.array(shifts, np.int64)


def wrap_int32(x: IntegerArray) -> IntegerArray:
    """Reduce to int32 as two's complement registers do: ``((x + 2^31) mod 2^32) − 2^31``."""
    return ((x + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def saturating_rounding_doubling_high_mul(a: IntegerArray, b: IntegerArray) -> IntegerArray:
    """``round(a · b / 2^31)``, ties upwards.

    gemmlowp states it as a truncating division of ``a·b`` plus a nudge that depends on the sign; both are the
    same for all int32 operands but ``a = b = −2^31``, which saturates there. No quantized multiplier is
    negative, so that pair does not occur and is not treated here.
    """
    return (a * b + (1 << 30)) >> 31


def rounding_divide_by_power_of_two(x: IntegerArray, exponent: IntegerArray) -> IntegerArray:
    """``round(x / 2^exponent)``, ties away from zero (gemmlowp ``RoundingDivideByPOT``); exponent 0 … 31."""
    half = (1 << exponent) >> 1
    minus_one_if_negative = (x >> 63) & ((half > 0) * -1)
    return (x + half + minus_one_if_negative) >> exponent


def saturating_shift_left(x: IntegerArray, exponent: int) -> IntegerArray:
    """``x · 2^exponent`` limited to int32 (gemmlowp ``SaturatingRoundingMultiplyByPOT``)."""
    return (x << exponent).clip(INT32_MIN, INT32_MAX)


def multiply_by_quantized_multiplier(
    x: IntegerArray, multiplier: IntegerArray, shift: IntegerArray
) -> IntegerArray:
    """``x · multiplier · 2^(shift − 31)``, rounded twice: in the high multiplication and in the right shift.

    Source: TFLM ``MultiplyByQuantizedMultiplier`` (int32, not built with ``TFLITE_SINGLE_ROUNDING``).

    Args:
        x: int32 values held as int64, any shape.
        multiplier: 0 or ``[2^30, 2^31)``; an integer, or an array broadcast against ``x`` (per channel).
        shift: −31 … 30, left positive; of the same kind as ``multiplier``.
    """
    if isinstance(shift, int):
        left, right = max(shift, 0), max(-shift, 0)
        shifted = wrap_int32(x << left) if left else x
    else:
        left, right = shift * (shift > 0), -shift * (shift < 0)
        shifted = wrap_int32(x << left)
    return rounding_divide_by_power_of_two(saturating_rounding_doubling_high_mul(shifted, multiplier), right)


def multiply_wide(x: IntegerArray, multiplier: IntegerArray, shift: IntegerArray) -> IntegerArray:
    """``x · multiplier · 2^(shift − 31)`` for int64 accumulators: rounded once, 15 bits of multiplier.

    Source: TFLM ``MultiplyByQuantizedMultiplier`` (int64), which 16x8 layers with an int64 bias use; its
    result is an int32, to which larger ones wrap around.

    Args:
        x: magnitudes below 2^47.
        multiplier: as in :func:`multiply_by_quantized_multiplier`.
        shift: −31 … 7, left positive.

    Raises:
        ValueError: a shift above 7, for which TFLM's arithmetic is not defined.
    """
    if np.max(shift) > LARGEST_WIDE_SHIFT:
        raise ValueError(f"a left shift by {np.max(shift)} of an int64 accumulator; TFLM takes at most 7")
    wide = np.asarray(multiplier, np.int64)
    reduced = np.where(wide < 0x7FFF0000, (wide + (1 << 15)) >> 16, 0x7FFF)
    total = 15 - np.asarray(shift, np.int64)
    return wrap_int32((x * reduced + (np.int64(1) << (total - 1))) >> total)


def requantize(
    accumulator: IntegerArray,
    multiplier: IntegerArray,
    shift: IntegerArray,
    zero_point: int,
    low: int = INT8_MIN,
    high: int = INT8_MAX,
) -> IntegerArray:
    """Scale an int32 accumulator, add the output zero point and clamp to ``[low, high]``."""
    return (multiply_by_quantized_multiplier(accumulator, multiplier, shift) + zero_point).clip(low, high)


def convolution_multipliers(
    input_scale: float, weight_scales: ArrayLike, output_scale: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Multipliers of FULLY_CONNECTED, CONV_2D and DEPTHWISE_CONV_2D, one per weight scale.

    Source: TFLM ``PopulateConvolutionQuantizationParams`` (double product). With a single weight scale
    FULLY_CONNECTED goes through ``GetQuantizedConvolutionMultipler`` instead: :func:`product_multiplier`.
    """
    scales = np.ravel(np.asarray(weight_scales, np.float32)).astype(np.float64)
    return quantize_multipliers(float(np.float32(input_scale)) * scales / float(np.float32(output_scale)))


def product_multiplier(scale_a: float, scale_b: float, output_scale: float) -> tuple[int, int]:
    """Multiplier of BATCH_MATMUL and per-tensor FULLY_CONNECTED: double product, double division.

    Source: the answers of stock TFLM. Older sources of ``GetQuantizedConvolutionMultipler`` multiply in
    float32, by which one output in very many would come out one lower or higher.
    """
    product = float(np.float32(scale_a)) * float(np.float32(scale_b))
    return quantize_multiplier(product / float(np.float32(output_scale)))


def activation_range(activation: str, scale: float, zero_point: int, dtype: str = "int8") -> tuple[int, int]:
    """Clamp of a fused activation on ``dtype``: ``none``, ``relu``, ``relu6`` or ``relu_n1_to_1``.

    Source: TFLM ``CalculateActivationRangeQuantized`` (bounds rounded half away from zero in float32).
    """

    def quantized(real: float) -> int:
        with np.errstate(over="ignore"):
            ratio = np.float32(real) / np.float32(scale)
        return zero_point + int(math.copysign(math.floor(abs(float(ratio)) + 0.5), float(ratio)))

    bounds = {"none": (None, None), "relu": (0.0, None), "relu6": (0.0, 6.0), "relu_n1_to_1": (-1.0, 1.0)}
    lowest, highest = bounds[activation]
    smallest, largest = LIMITS[dtype]
    low = smallest if lowest is None else max(smallest, quantized(lowest))
    high = largest if highest is None else min(largest, quantized(highest))
    return low, high
