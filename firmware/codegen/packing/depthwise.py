"""DEPTHWISE_CONV_2D at one output position over a ring of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skipstone.firmware.codegen.packing.depthwise_dsp import depthwise_stream
from skipstone.firmware.codegen.packing.fully_connected_ref import fold_input_zero_point
from skipstone.firmware.codegen.packing.operator import (
    KernelVariant,
    PackedOperator,
    per_channel,
    plain_array,
)


def is_exact(
    variant: KernelVariant, weights: NDArray[np.int8], bias: NDArray[np.int64], shift: NDArray[np.int64]
) -> bool:
    """Whether ``variant`` computes this layer exactly.

    MVE has no left shift. DSP needs a right shift of at least 1 in every channel and accumulators below 2^30,
    because they are doubled before SMMULR.
    """
    if variant == KernelVariant.DSP:
        bound = np.abs(bias) + 128 * np.abs(weights.astype(np.int64)).sum(axis=0)
        return bool(shift.max() < 0 and bound.max() < 1 << 30)
    return variant == KernelVariant.REF or bool(shift.max() <= 0)


def pack_depthwise_ring(
    weights: NDArray[np.int8],
    bias: ArrayLike,
    input_zero_point: int,
    multipliers: ArrayLike,
    shifts: ArrayLike,
    variant: KernelVariant,
    *,
    output_zero_point: int,
    activation_min: int = -128,
    activation_max: int = 127,
    row_stride: int | None = None,
) -> PackedOperator:
    """Pack a taps × 1 depthwise convolution with depth multiplier 1.

    Args:
        weights: int8[taps, channels], tap 0 meets the oldest row.
        bias: int32[channels] or 0, not yet corrected for the input zero point.
        multipliers: one a channel, or one for all.
        shifts: likewise, left positive.
        row_stride: bytes from row to row of the ring; the number of channels unless given.
    """
    taps, channels = weights.shape
    folded = fold_input_zero_point(weights.T, bias, input_zero_point)
    multiplier = per_channel(multipliers, channels)
    shift = np.where(multiplier == 0, -1, per_channel(shifts, channels))
    if not is_exact(variant, weights, folded, shift):
        variant = KernelVariant.REF
    scalars = {
        "taps": taps,
        "channels": channels,
        "row_stride": channels if row_stride is None else row_stride,
        "output_zero_point": output_zero_point,
        "activation_min": activation_min,
        "activation_max": activation_max,
    }
    if variant == KernelVariant.DSP:
        packed = {"packed": depthwise_stream(weights, folded, multiplier, shift)}
        return PackedOperator("ss_depthwise_ring_s8_dsp", "ss_depthwise_ring_packed_params", scalars, packed)
    arrays = {
        "weights": plain_array("weights", weights, np.int8),
        "bias": plain_array("bias", folded, np.int32),
        "multiplier": plain_array("multiplier", multiplier, np.int32),
        "shift": plain_array("shift", shift, np.int8),
    }
    return PackedOperator(f"ss_depthwise_ring_s8_{variant}", "ss_depthwise_ring_params", scalars, arrays)
