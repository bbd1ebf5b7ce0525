"""FULLY_CONNECTED, stream layout of ``ss_fully_connected_s8_mve``.

Rows come in groups of four, the last group filled up with rows of zeros. One group:

    int32 bias[4]
    int8  weights[⌈K / 16⌉][4 rows][16 columns]     columns past K are 0
    int32 multiplier[4]
    int32 shift[4]                                  0 or negative: a rounding right shift
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.fully_connected_ref import FullyConnectedLayer
from skipstone.firmware.codegen.packing.operator import PackedArray, PackedOperator, round_up

ROWS, COLUMNS = 4, 16


def can_pack_mve(layer: FullyConnectedLayer) -> bool:
    """Whether no row needs a left shift, which the vector requantization leaves out."""
    return bool(layer.shift.max() <= 0)


def group_stream(layer: FullyConnectedLayer, first: int) -> NDArray[np.uint32]:
    """The words of rows ``first … first + 3``."""
    input_size = layer.weights.shape[1]
    rows = layer.weights[first : first + ROWS]
    weights = np.zeros((ROWS, round_up(input_size, COLUMNS)), np.int8)
    weights[: len(rows), :input_size] = rows
    tiles = weights.reshape(ROWS, -1, COLUMNS).transpose(1, 0, 2)

    def constants(values: NDArray[np.int64]) -> NDArray[np.uint32]:
        padded = np.zeros(ROWS, np.int32)
        padded[: len(rows)] = values[first : first + ROWS]
        return padded.view(np.uint32)

    return np.concatenate(
        [
            constants(layer.bias),
            np.ascontiguousarray(tiles).ravel().view("<u4").astype(np.uint32),
            constants(layer.multiplier),
            constants(layer.shift),
        ]
    )


def pack_mve(layer: FullyConnectedLayer) -> PackedOperator:
    """Interleave weights and constants in the order in which the kernel reads them."""
    output_size, input_size = layer.weights.shape
    stream = np.concatenate([group_stream(layer, first) for first in range(0, output_size, ROWS)])
    scalars = {"input_size": input_size, "output_size": output_size, **layer.scalars}
    return PackedOperator(
        "ss_fully_connected_s8_mve",
        "ss_fully_connected_packed_params",
        scalars,
        {"packed": PackedArray("packed", stream, 16)},
    )
