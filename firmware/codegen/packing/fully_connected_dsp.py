"""FULLY_CONNECTED, stream layout of ``ss_fully_connected_s8_dsp``: paired rows.

Two rows share one int16: ``pair = 256 · w1 + w0``. SMLAD on raw pairs sums ``256 · S1 + S0``; SXTB16 recovers
``w0`` from the low bytes, so SMLAD sums ``S0``; the difference shifted right by 8 is ``S1``. That is exact
while ``|S1| < 2^23``, so wide layers are cut into chunks of columns after each of which ``S1`` is taken out.

Rows come in groups of four (the last group filled up with rows of zeros), columns in units of four likewise.
All words are 32 bits. One group:

    int32  bias[4]
    chunk  (one or more)
        uint32 main units / 4          units that the unrolled loop takes, four at a time
        uint32 tail units              remaining units, 0 … 3; these come first
        unit   (tail units, then main units), four words of two int16 (low half first):
            rows 0, 1: columns 0, 2 | rows 0, 1: columns 1, 3
            rows 2, 3: columns 0, 2 | rows 2, 3: columns 1, 3
        uint32 more                    1: another chunk follows, 0: this was the last
    (int32 multiplier, int32 right shift)[4]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.fully_connected_ref import FullyConnectedLayer
from skipstone.firmware.codegen.packing.operator import PackedArray, PackedOperator, round_up

ROWS, COLUMNS, UNROLL = 4, 4, 4
PAIR_FACTOR = 256
LARGEST_WEIGHT_SUM = ((1 << 23) - 1) // 128
"""Σ|w1| of one chunk may not exceed this, so that ``|S1| < 2^23`` for every int8 input."""


def can_pack_dsp(layer: FullyConnectedLayer) -> bool:
    """Whether the kernel's arithmetic is exact for this layer.

    It needs pairs that fit int16 (no weight of −128), a right shift of at least 1 in every row (a row with
    multiplier 0 may have any), and accumulators below 2^30, because they are doubled before SMMULR.
    """
    no_minimum = bool(layer.weights.min() > -128)
    right_shifts = bool(np.all((layer.shift <= -1) | (layer.multiplier == 0)))
    return no_minimum and right_shifts and bool(layer.accumulator_bound.max() < 1 << 30)


def chunk_widths(weights: NDArray[np.int8]) -> list[int]:
    """Cut columns into the widest chunks that keep ``S1`` of every row exact.

    Args:
        weights: int8[N, K], K a multiple of 4.

    Returns:
        Widths in columns, multiples of 4.
    """
    unit_sums = np.abs(weights.astype(np.int64)).reshape(len(weights), -1, COLUMNS).sum(axis=2)
    widths, total, width = [], np.zeros(len(weights), np.int64), 0
    for unit in unit_sums.T:
        if np.any(total + unit > LARGEST_WEIGHT_SUM):
            widths.append(width)
            total, width = np.zeros(len(weights), np.int64), 0
        total = total + unit
        width += COLUMNS
    return [*widths, width]


def unit_words(weights: NDArray[np.int8]) -> NDArray[np.uint32]:
    """Paired words of one chunk: int8[4, width] → uint32[width]."""
    wide = weights.astype(np.int32)
    pairs = (PAIR_FACTOR * wide[1::2] + wide[0::2]).astype(np.int16)
    units = pairs.reshape(2, -1, COLUMNS)[:, :, [0, 2, 1, 3]]
    return np.ascontiguousarray(units.transpose(1, 0, 2)).ravel().view("<u4").astype(np.uint32)


def chunk_words(weights: NDArray[np.int8], is_last: bool) -> NDArray[np.uint32]:
    """One chunk with its counts in front and its mark behind: int8[4, width]."""
    main, tail = divmod(weights.shape[1] // COLUMNS, UNROLL)
    counts, mark = np.array([main, tail], np.uint32), np.array([0 if is_last else 1], np.uint32)
    return np.concatenate([counts, unit_words(weights), mark])


def group_stream(layer: FullyConnectedLayer, first: int, widths: list[int]) -> NDArray[np.uint32]:
    """The words of rows ``first … first + 3``."""
    rows = layer.weights[first : first + ROWS]
    weights = np.zeros((ROWS, sum(widths)), np.int8)
    weights[: len(rows), : rows.shape[1]] = rows
    bias, multiplier, right_shift = (
        np.zeros(ROWS, np.int32),
        np.zeros(ROWS, np.int32),
        np.ones(ROWS, np.int32),
    )
    bias[: len(rows)] = layer.bias[first : first + ROWS]
    multiplier[: len(rows)] = layer.multiplier[first : first + ROWS]
    right_shift[: len(rows)] = np.maximum(1, -layer.shift[first : first + ROWS])
    edges = np.cumsum([0, *widths])
    chunks = [
        chunk_words(weights[:, edges[i] : edges[i + 1]], i == len(widths) - 1) for i in range(len(widths))
    ]
    rescaling = np.stack([multiplier, right_shift], axis=1).ravel()
    return np.concatenate([bias.view(np.uint32), *chunks, rescaling.view(np.uint32)])


def pack_dsp(layer: FullyConnectedLayer) -> PackedOperator:
    """Interleave weights and constants in the order in which the kernel reads them."""
    output_size, input_size = layer.weights.shape
    padded = np.zeros((output_size, round_up(input_size, COLUMNS)), np.int8)
    padded[:, :input_size] = layer.weights
    widths = chunk_widths(padded)
    stream = np.concatenate([group_stream(layer, first, widths) for first in range(0, output_size, ROWS)])
    scalars = {"input_size": input_size, "output_size": output_size, **layer.scalars}
    return PackedOperator(
        "ss_fully_connected_s8_dsp",
        "ss_fully_connected_packed_params",
        scalars,
        {"packed": PackedArray("packed", stream, 4)},
        scratch_bytes=2 * round_up(input_size, COLUMNS),
    )
