"""NumPy execution of the packed streams, instruction for instruction what the kernels do with them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing import PackedOperator
from skipstone.quantize.arithmetic.fixed_point import wrap_int32

ROWS = 4


class Stream:
    """Reads 32-bit words from front to back."""

    def __init__(self, words: NDArray[np.uint32]) -> None:
        self.words, self.position = words, 0

    def take(self, count: int, dtype: str) -> NDArray[np.int64]:
        """The next ``count`` words seen as elements of ``dtype``."""
        taken = self.words[self.position : self.position + count]
        self.position += count
        return taken.astype("<u4").view(dtype).astype(np.int64)


def groups(operator: PackedOperator) -> Iterator[Stream]:
    """The stream, once a group of rows, checked to be used up at the end."""
    stream = Stream(operator.arrays["packed"].data)
    for _ in range(-(-operator.scalars["output_size"] // ROWS)):
        yield stream
    assert stream.position == len(stream.words)


def pad(x: NDArray[np.int8], multiple: int) -> NDArray[np.int64]:
    """Zeros up to a whole number of columns."""
    return np.pad(x.astype(np.int64), (0, -len(x) % multiple))


def paired_sums(stream: Stream, x: NDArray[np.int64]) -> NDArray[np.int64]:
    """Accumulators of one DSP group: SMLAD on raw pairs and on their low bytes, with registers of 32 bits."""
    bias = stream.take(ROWS, "<i4")
    low, high = bias[0::2], bias[1::2]
    column, more = 0, 1
    while more:
        main, tail = stream.take(2, "<u4")
        raw = low
        for _ in range(4 * main + tail):
            four = x[column : column + 4]
            pairs = stream.take(4, "<i2").reshape(2, 2, 2)
            bytes_low = ((pairs & 255) ^ 128) - 128
            halves = np.stack([four[[0, 2]], four[[1, 3]]])
            raw = wrap_int32(raw + (pairs * halves).sum(axis=(1, 2)))
            low = wrap_int32(low + (bytes_low * halves).sum(axis=(1, 2)))
            column += 4
        high = high + (wrap_int32(raw - low) >> 8)
        more = int(stream.take(1, "<u4")[0])
    return np.stack([low, high], axis=1).ravel()


def execute_dsp(operator: PackedOperator, x: NDArray[np.int8]) -> tuple[NDArray[np.int64], ...]:
    """Accumulators, multipliers and right shifts of all rows."""
    rows = []
    for stream in groups(operator):
        sums = paired_sums(stream, pad(x, 4))
        rows.append(np.column_stack([sums, stream.take(2 * ROWS, "<i4").reshape(ROWS, 2)]))
    return tuple(np.concatenate(rows)[: operator.scalars["output_size"]].T)


def execute_mve(operator: PackedOperator, x: NDArray[np.int8]) -> tuple[NDArray[np.int64], ...]:
    """Accumulators, multipliers and right shifts of all rows."""
    rows = []
    padded = pad(x, 16)
    for stream in groups(operator):
        sums = stream.take(ROWS, "<i4")
        for tile in padded.reshape(-1, 16):
            sums = sums + stream.take(ROWS * 4, "<i1").reshape(ROWS, 16) @ tile
        multiplier, shift = stream.take(ROWS, "<i4"), stream.take(ROWS, "<i4")
        rows.append(np.column_stack([sums, multiplier, -shift]))
    return tuple(np.concatenate(rows)[: operator.scalars["output_size"]].T)
