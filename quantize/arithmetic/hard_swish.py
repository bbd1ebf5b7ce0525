"""HARD_SWISH int8 as TFLM's reference kernel computes it, in int16 fixed point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    INT16_MAX,
    INT16_MIN,
    quantize_multiplier,
    rounding_divide_by_power_of_two,
)
from skipstone.quantize.arithmetic.tables import Quantization, inputs_of


def hard_swish_table(source: Quantization, target: Quantization) -> NDArray[np.int8]:
    """Output for each input byte, int8[256].

    Source: TFLM ``HardSwishPrepare`` and ``reference_ops::HardSwish``.

    Raises:
        ValueError: the output scale is so small that its factor reaches 1, which TFLM refuses.
    """
    hires_scale = np.float32(1.0 / 128.0) * np.float32(source[0])
    output_multiplier, output_exponent = _int16_multiplier(float(hires_scale / np.float32(target[0])))
    reluish_scale = np.float32(3.0) / np.float32(32768.0)
    reluish_multiplier, exponent = _int16_multiplier(float(hires_scale / reluish_scale))
    if output_exponent > 0:
        raise ValueError(f"hard_swish: output scale {target[0]} is too small for input scale {source[0]}")

    hires = (inputs_of() - source[1]) << 7
    preshift = _rounding_high_mul(hires, output_multiplier)
    reluish = hires
    if exponent > 0:
        reluish = _shift_left(reluish, exponent - 1)
    reluish = _rounding_high_mul(reluish, reluish_multiplier)
    if exponent > 0:
        reluish = _shift_left(reluish, 1)
    if exponent < 0:
        reluish = rounding_divide_by_power_of_two(reluish, -exponent)
    reluish = (reluish + (1 << 15)) >> 1
    product = np.sign(preshift) * ((reluish * abs(preshift)) >> 15)  # C's division, towards zero
    output = rounding_divide_by_power_of_two(product, -output_exponent) + target[1]
    return output.clip(INT8_MIN, INT8_MAX).astype(np.int8)


def _int16_multiplier(real: float) -> tuple[int, int]:
    """``DownScaleInt32ToInt16Multiplier`` of the int32 multiplier: rounded, saturated to int16."""
    multiplier, exponent = quantize_multiplier(real)
    return min((multiplier + (1 << 15)) >> 16, INT16_MAX), exponent


def _rounding_high_mul(x: NDArray[np.int64], multiplier: int) -> NDArray[np.int64]:
    """gemmlowp's SaturatingRoundingDoublingHighMul on int16: ``round(x · multiplier / 2^15)``."""
    nudged = x * multiplier + np.where(x * multiplier >= 0, 1 << 14, 1 - (1 << 14))
    return np.sign(nudged) * (abs(nudged) >> 15)


def _shift_left(x: NDArray[np.int64], exponent: int) -> NDArray[np.int64]:
    return (x << exponent).clip(INT16_MIN, INT16_MAX)
