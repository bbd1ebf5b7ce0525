"""SPLIT and SPLIT_V along a constant axis, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.shapes import split
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.model import Tensor


def prepare_split(node: Node) -> Kernel:
    """SPLIT: inputs are axis and tensor, the parts are equal."""
    x, axis, parts = node.input(1), _axis(node, 0), len(node.outputs)
    return _prepare(node, x, axis, 1, [x.shape[axis] // parts] * parts)


def prepare_split_v(node: Node) -> Kernel:
    """SPLIT_V: inputs are tensor, sizes and axis."""
    sizes = node.constant(1, node.input(1).dtype).ravel().tolist()
    return _prepare(node, node.input(0), _axis(node, 2), 0, sizes)


def _axis(node: Node, position: int) -> int:
    return int(node.constant(position, "int32").ravel()[0])


def _prepare(node: Node, x: Tensor, axis: int, position: int, sizes: list[int]) -> Kernel:
    shapes = split(x.shape, axis, sizes)
    require([output.shape for output in node.outputs] == shapes, f"outputs instead of parts {shapes}")
    require(all(output.dtype == x.dtype for output in node.outputs), "parts of another type")
    cuts = np.cumsum([shape[axis] for shape in shapes])[:-1].tolist()

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return tuple(np.ascontiguousarray(part) for part in np.split(inputs[position], cuts, axis))

    return run
