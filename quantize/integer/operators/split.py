"""SPLIT and SPLIT_V along a constant axis, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.model import Tensor


def prepare_split(node: Node) -> Kernel:
    """SPLIT: inputs are axis and tensor, the parts are equal."""
    x = node.input(1)
    axis = int(node.constant(0, "int32").ravel()[0])
    return _prepare(node, x, axis, 1)


def prepare_split_v(node: Node) -> Kernel:
    """SPLIT_V: inputs are tensor, sizes and axis."""
    return _prepare(node, node.input(0), int(node.constant(2, "int32").ravel()[0]), 0)


def _prepare(node: Node, x: Tensor, axis: int, position: int) -> Kernel:
    rank = len(x.shape)
    require(-rank <= axis < rank, f"axis {axis} of {x}")
    axis %= rank
    sizes = [output.shape[axis] if len(output.shape) == rank else 0 for output in node.outputs]
    shapes = [(*x.shape[:axis], size, *x.shape[axis + 1 :]) for size in sizes]
    fits = [output.shape == shape for output, shape in zip(node.outputs, shapes, strict=True)]
    require(all(fits) and sum(sizes) == x.shape[axis], f"parts of sizes {sizes} of {x}")
    require(all(output.dtype == x.dtype for output in node.outputs), "parts of another type")
    cuts = np.cumsum(sizes)[:-1].tolist()

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return tuple(np.ascontiguousarray(part) for part in np.split(inputs[position], cuts, axis))

    return run
