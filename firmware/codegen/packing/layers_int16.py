"""FULLY_CONNECTED, convolutions and BATCH_MATMUL on int16 activations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.batch_matmul import BatchMatmulShape
from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, plain_array
from skipstone.firmware.codegen.program import Requantization
from skipstone.quantize.arithmetic.fixed_point import LARGEST_WIDE_SHIFT

_WIDE_BITS = 15
"""Bits of the multiplier that rescales an int64 accumulator."""


def widened(output: Requantization) -> Requantization:
    """15-bit multipliers and right shifts, as ``arithmetic.fixed_point.multiply_wide`` applies them.

    Raises:
        ValueError: a left shift for which TFLM's arithmetic is not defined.
    """
    multipliers, shifts = output.multipliers, output.shifts
    if shifts.max() > LARGEST_WIDE_SHIFT:
        raise ValueError(f"a left shift by {shifts.max()} of an int64 accumulator; TFLM takes at most 7")
    reduced = np.where(multipliers < 0x7FFF0000, (multipliers + (1 << 15)) >> 16, 0x7FFF)
    return replace(output, multipliers=reduced, shifts=_WIDE_BITS - shifts)


def pack_fully_connected_int16(
    weights: NDArray[np.int8],
    bias: NDArray[np.int64],
    output: Requantization,
    is_wide: bool,
    variant: KernelVariant,
) -> PackedOperator:
    """Pack a layer on one row.

    Args:
        weights: int8[N, K], zero point 0.
        bias: int64[N].
        output: rescaling, one multiplier a row; zero point 0; that of :func:`widened` where ``is_wide``.
        is_wide: the accumulator is int64, else int32.
        variant: DSP has a kernel of its own, the others take the portable one.
    """
    is_dsp = variant == KernelVariant.DSP
    scalars = {
        "input_size": weights.shape[1],
        "output_size": weights.shape[0],
        "activation_min": output.low,
        "activation_max": output.high,
        "is_wide": int(is_wide),
    }
    arrays = {
        "weights": plain_array("weights", _paired(weights) if is_dsp else weights, np.int8),
        "bias": plain_array("bias", bias, np.int64),
        "multiplier": plain_array("multiplier", output.multipliers, np.int32),
        "shift": plain_array("shift", output.shifts, np.int8),
    }
    kernel = f"ss_fully_connected_s16_{KernelVariant.DSP if is_dsp else KernelVariant.REF}"
    return PackedOperator(kernel, "ss_fully_connected_s16_params", scalars, arrays)


def _paired(weights: NDArray[np.int8]) -> NDArray[np.int8]:
    """Whole groups of four columns in the order 0, 2, 1, 3: SXTB16 widens bytes 0 and 2, then 1 and 3."""
    whole = weights.shape[1] // 4 * 4
    groups = weights[:, :whole].reshape(weights.shape[0], -1, 4)[:, :, [0, 2, 1, 3]]
    return np.concatenate([groups.reshape(weights.shape[0], whole), weights[:, whole:]], axis=1)


def pack_conv_2d_int16(
    weights: NDArray[np.int8],
    bias: NDArray[np.int64],
    output: Requantization,
    is_wide: bool,
    geometry: Geometry,
    variant: KernelVariant,
) -> PackedOperator:
    """The same over windows of an image: weights int8[out, rows · columns · channels]; portable."""
    del variant
    layer = pack_fully_connected_int16(weights, bias, output, is_wide, KernelVariant.REF)
    return _windows("ss_conv_2d_s16_ref", layer, geometry, 1)


def pack_depthwise_int16(
    weights: NDArray[np.int8],
    bias: NDArray[np.int64],
    output: Requantization,
    geometry: Geometry,
    variant: KernelVariant,
) -> PackedOperator:
    """Every channel through windows of its own: weights int8[rows · columns, out]; portable."""
    del variant
    layer = pack_fully_connected_int16(weights, bias, output, True, KernelVariant.REF)
    shape = {"layer.input_size": weights.shape[0], "layer.output_size": weights.shape[1]}
    packed = _windows("ss_depthwise_conv_2d_s16_ref", layer, geometry, weights.shape[1] // geometry.channels)
    return PackedOperator(packed.kernel, packed.params_type, {**packed.scalars, **shape}, packed.arrays)


def _windows(kernel: str, layer: PackedOperator, geometry: Geometry, repeat: int) -> PackedOperator:
    window = {**geometry.scalars(0, repeat), "column_bytes": 0}
    scalars = {f"window.{key}": value for key, value in window.items()}
    scalars |= {f"layer.{key}": value for key, value in layer.scalars.items()}
    arrays = {f"layer.{key}": array for key, array in layer.arrays.items()}
    return PackedOperator(kernel, "ss_conv_2d_s16_params", scalars, arrays)


def pack_batch_matmul_int16(
    shape: BatchMatmulShape, output: Requantization, variant: KernelVariant
) -> PackedOperator:
    """Pack a product of two computed int16 tensors; sums are int64, ``output`` is :func:`widened`."""
    del variant
    scalars = {
        **shape.scalars,
        "output_multiplier": int(output.multipliers[0]),
        "output_shift": int(output.shifts[0]),
    }
    return PackedOperator("ss_batch_matmul_s16_ref", "ss_batch_matmul_params", scalars)
