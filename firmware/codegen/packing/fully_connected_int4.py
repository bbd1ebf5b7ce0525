"""FULLY_CONNECTED with int4 weights: layouts of ``ss_fully_connected_s4_{ref,dsp,mve}``.

The portable kernel reads TFLite's own layout. The fast ones read bytes that hold two rows of one column,
``16 · w1 + (w0 + 8)``: the byte as int8 sums ``16 · S1 + U`` and its low half, 0 … 15, sums ``U``; so
``S1 = (difference) >> 4`` and ``S0 = U − 8 · Σ x``. Both are exact while ``16 · 8 · 128 · K`` fits int32.
Rows come in groups of four, the last group filled up with rows of zeros. All words are 32 bits. One group:

    dsp  uint32 (rows 0, 1 | rows 2, 3)[⌈K / 4⌉]           four columns a word, first column in the low byte
    mve  int8 (rows 0, 1 of 16 columns | rows 2, 3)[⌈K / 16⌉]
    int32 bias[4]
    dsp  (int32 multiplier, int32 right shift)[4]
    mve  int32 multiplier[4], int32 shift[4]               0 or negative: a rounding right shift

Columns past K meet inputs of 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.fully_connected_ref import FullyConnectedLayer
from skipstone.firmware.codegen.packing.operator import (
    KernelVariant,
    PackedArray,
    PackedOperator,
    plain_array,
    round_up,
)
from skipstone.quantize.tflite import int4

ROWS = 4
COLUMNS = {KernelVariant.DSP: 4, KernelVariant.MVE: 16}
LARGEST_INPUT = ((1 << 31) - 1) // (128 * 128)


def pack_int4(layer: FullyConnectedLayer, variant: KernelVariant) -> PackedOperator:
    """Pack weights −8 … 7 for ``variant``, or for the portable kernel where that is not exact."""
    if not _is_exact(layer, variant):
        return _pack_ref(layer)
    groups = [_group(layer, first, variant) for first in range(0, len(layer.weights), ROWS)]
    stream = np.concatenate(groups)
    size = layer.weights.shape[1]
    scalars = {"input_size": size, "output_size": len(layer.weights), **layer.scalars}
    is_dsp = variant == KernelVariant.DSP
    return PackedOperator(
        f"ss_fully_connected_s4_{variant}",
        "ss_fully_connected_packed_params",
        scalars,
        {"packed": PackedArray("packed", stream, 4 if is_dsp else 16)},
        scratch_bytes=2 * round_up(size, 4) if is_dsp else 0,
    )


def _is_exact(layer: FullyConnectedLayer, variant: KernelVariant) -> bool:
    """MVE has no left shift; DSP shifts right by at least 1 and doubles accumulators (below 2^30)."""
    if variant == KernelVariant.REF or layer.weights.shape[1] > LARGEST_INPUT:
        return False
    if variant == KernelVariant.MVE:
        return bool(layer.shift.max() <= 0)
    right_shifts = bool(np.all((layer.shift <= -1) | (layer.multiplier == 0)))
    return right_shifts and bool(layer.accumulator_bound.max() < 1 << 30)


def _pack_ref(layer: FullyConnectedLayer) -> PackedOperator:
    output_size, input_size = layer.weights.shape
    weights = np.frombuffer(int4.pack(layer.weights), np.int8)
    arrays = {
        "weights": plain_array("weights", weights, np.int8),
        "bias": plain_array("bias", layer.bias, np.int32),
        "multiplier": plain_array("multiplier", layer.multiplier, np.int32),
        "shift": plain_array("shift", layer.shift, np.int8),
    }
    scalars = {"input_size": input_size, "output_size": output_size, **layer.scalars}
    return PackedOperator("ss_fully_connected_s4_ref", "ss_fully_connected_params", scalars, arrays)


def _group(layer: FullyConnectedLayer, first: int, variant: KernelVariant) -> NDArray[np.uint32]:
    """The words of rows ``first … first + 3``."""
    columns = COLUMNS[variant]
    rows = layer.weights[first : first + ROWS].astype(np.int64)
    input_size = rows.shape[1]
    weights = np.zeros((ROWS, round_up(input_size, columns)), np.int64)
    weights[: len(rows), :input_size] = rows
    pairs = (16 * weights[1::2] + weights[0::2] + 8).astype(np.int8)
    tiles = np.ascontiguousarray(pairs.reshape(2, -1, columns).transpose(1, 0, 2))

    def constants(values: NDArray[np.int64], fill: int = 0) -> NDArray[np.int32]:
        padded = np.full(ROWS, fill, np.int32)
        padded[: len(rows)] = values[first : first + ROWS]
        return padded

    bias, multiplier = constants(layer.bias), constants(layer.multiplier)
    if variant == KernelVariant.DSP:
        right_shift = constants(np.where(layer.multiplier == 0, 1, -layer.shift), fill=1)
        rescaling = np.stack([multiplier, right_shift], axis=1).ravel()
    else:
        rescaling = np.concatenate([multiplier, constants(layer.shift)])
    return np.concatenate(
        [tiles.ravel().view("<u4").astype(np.uint32), bias.view(np.uint32), rescaling.view(np.uint32)]
    )
