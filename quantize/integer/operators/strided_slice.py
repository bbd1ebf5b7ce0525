"""STRIDED_SLICE with constant begin, end and strides, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.shapes import strided_slice
from skipstone.quantize.arithmetic.strided_slice import strided_indices
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import StridedSliceOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::StridedSlice``; ellipsis and new axes are not covered there either."""
    options = node.options(StridedSliceOptions)
    require(options.ellipsis_mask == 0 and options.new_axis_mask == 0, "ellipsis or new axis")
    x, output = node.input(0), node.output
    begin, end, strides = (node.constant(i, "int32").ravel().tolist() for i in (1, 2, 3))
    rank = len(x.shape)
    masks = (options.begin_mask, options.end_mask)
    shape = strided_slice(x.shape, (begin, end, strides), masks, options.shrink_axis_mask)
    require(output.shape == shape and output.dtype == x.dtype, f"output {output}, not of shape {shape}")
    indices = [
        strided_indices(
            x.shape[i],
            (begin[i], end[i], strides[i]),
            (bool(options.begin_mask >> i & 1), bool(options.end_mask >> i & 1)),
            bool(options.shrink_axis_mask >> i & 1),
        )
        for i in range(rank)
    ]
    grid = np.ix_(*indices)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (inputs[0][grid].reshape(output.shape),)

    return run
