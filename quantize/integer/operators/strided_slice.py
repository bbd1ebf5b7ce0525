"""STRIDED_SLICE with constant begin, end and strides, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import StridedSliceOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::StridedSlice``; ellipsis and new axes are not covered there either."""
    options = node.options(StridedSliceOptions)
    require(options.ellipsis_mask == 0 and options.new_axis_mask == 0, "ellipsis or new axis")
    x, output = node.input(0), node.output
    begin, end, strides = (node.constant(i, "int32").ravel().tolist() for i in (1, 2, 3))
    rank = len(x.shape)
    require(len(begin) == len(end) == len(strides) == rank, f"begin, end and strides of {x}")
    require(all(strides), "a stride of 0")
    indices = [_axis(x.shape[i], begin[i], end[i], strides[i], _AxisMask.of(options, i)) for i in range(rank)]
    kept = [len(index) for i, index in enumerate(indices) if not options.shrink_axis_mask >> i & 1]
    require(output.shape == tuple(kept) and output.dtype == x.dtype, f"output {output}")
    grid = np.ix_(*indices)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (inputs[0][grid].reshape(output.shape),)

    return run


class _AxisMask(tuple[bool, bool, bool]):
    """(begin is open, end is open, shrink) of one axis."""

    __slots__ = ()

    @classmethod
    def of(cls, options: StridedSliceOptions, axis: int) -> _AxisMask:
        masks = (options.begin_mask, options.end_mask, options.shrink_axis_mask)
        return cls(bool(mask >> axis & 1) for mask in masks)


def _axis(size: int, begin: int, end: int, stride: int, mask: _AxisMask) -> np.ndarray[Any, Any]:
    """Indices that one axis keeps."""
    begin_open, end_open, shrink = mask
    lowest, highest = (0, size) if stride > 0 else (-1, size - 1)
    start = begin + size if begin < 0 else begin
    stop = end + size if end < 0 else end
    start = min(max(start, lowest), highest)
    stop = min(max(stop, lowest), highest)
    if begin_open:
        start = lowest if stride > 0 else highest
    if end_open:
        stop = highest if stride > 0 else lowest
    if shrink:
        start = min(max(begin + size if begin < 0 else begin, 0), size - 1)
        return np.array([start])
    return np.arange(start, stop, stride)
