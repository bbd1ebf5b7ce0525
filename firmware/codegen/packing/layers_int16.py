"""FULLY_CONNECTED, convolutions and BATCH_MATMUL on int16 activations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.operations import Requantization
from skipstone.firmware.codegen.packing.batch_matmul import BatchMatmulShape
from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, plain_array
from skipstone.quantize.arithmetic.fixed_point import LARGEST_WIDE_SHIFT

_WIDE_BITS = 15
"""Bits of the multiplier that rescales an int64 accumulator."""
_LARGEST_WINDOW = 511
"""Taps whose products of int8 and int16 one sum of 32 bits takes."""
_LARGEST_STRIDE = 1 << 13
"""Elements between the rows of a right side that VLDRH gathers: eight times that is a 16-bit offset."""


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
        variant: of the kernel; every one is exact for every layer.
    """
    is_dsp = variant == KernelVariant.DSP
    return _layer(
        f"ss_fully_connected_s16_{variant}", _paired(weights) if is_dsp else weights, bias, output, is_wide
    )


def _layer(
    kernel: str, weights: NDArray[np.int8], bias: NDArray[np.int64], output: Requantization, is_wide: bool
) -> PackedOperator:
    scalars = {
        "input_size": weights.shape[1],
        "output_size": weights.shape[0],
        "activation_min": output.low,
        "activation_max": output.high,
        "is_wide": int(is_wide),
    }
    arrays = {
        "weights": plain_array("weights", weights, np.int8),
        "bias": plain_array("bias", bias, np.int64),
        "multiplier": plain_array("multiplier", output.multipliers, np.int32),
        "shift": plain_array("shift", output.shifts, np.int8),
    }
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
    """The same over windows of an image: weights int8[out, rows · columns · channels], in that order."""
    layer = _layer("", weights, bias, output, is_wide)
    return _windows(f"ss_conv_2d_s16_{variant}", layer, geometry, 1)


def pack_depthwise_int16(
    weights: NDArray[np.int8],
    bias: NDArray[np.int64],
    output: Requantization,
    geometry: Geometry,
    variant: KernelVariant,
) -> PackedOperator:
    """Every channel through windows of its own: weights int8[rows · columns, out].

    The fast kernels take one output a channel and sum in 32 bits; else the portable one is named.
    """
    repeat = weights.shape[1] // geometry.channels
    is_exact = repeat == 1 and weights.shape[0] <= _LARGEST_WINDOW
    layer = _layer("", weights, bias, output, True)
    shape = {"layer.input_size": weights.shape[0], "layer.output_size": weights.shape[1]}
    kernel = f"ss_depthwise_conv_2d_s16_{variant if is_exact else KernelVariant.REF}"
    packed = _windows(kernel, layer, geometry, repeat)
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
    """Pack a product of two computed int16 tensors; sums are int64, ``output`` is :func:`widened`.

    The fast kernels read contiguous left rows, that of Helium 16-bit offsets into the right side.
    """
    is_exact = shape.lhs_strides[2] == 1 and (
        variant != KernelVariant.MVE or shape.rhs_strides[1] <= _LARGEST_STRIDE
    )
    scalars = {
        **shape.scalars,
        "output_multiplier": int(output.multipliers[0]),
        "output_shift": int(output.shifts[0]),
    }
    kernel = f"ss_batch_matmul_s16_{variant if is_exact else KernelVariant.REF}"
    return PackedOperator(kernel, "ss_batch_matmul_params", scalars)
