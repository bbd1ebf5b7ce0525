"""PACK and UNPACK along a new axis, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import PackOptions


def prepare_pack(node: Node) -> Kernel:
    """PACK: equal tensors become one with an axis more."""
    output, parts = node.output, [node.input(i) for i in range(len(node.inputs))]
    rank, axis = len(output.shape), node.options(PackOptions).axis
    require(-rank <= axis < rank, f"axis {axis} of {output}")
    axis %= rank
    part = (*output.shape[:axis], *output.shape[axis + 1 :])
    fits = all(x.shape == part and x.dtype == output.dtype for x in parts)
    require(fits and len(parts) == output.shape[axis], f"parts do not make {output}")

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (np.stack(inputs, axis),)

    return run


def prepare_unpack(node: Node) -> Kernel:
    """UNPACK: the slices of a tensor along one axis, without it."""
    x = node.input(0)
    rank, axis = len(x.shape), node.options(PackOptions).axis
    require(-rank <= axis < rank, f"axis {axis} of {x}")
    axis %= rank
    part = (*x.shape[:axis], *x.shape[axis + 1 :])
    fits = all(output.shape == part and output.dtype == x.dtype for output in node.outputs)
    require(fits and len(node.outputs) == x.shape[axis], f"parts of {x}")

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return tuple(np.ascontiguousarray(inputs[0].take(i, axis)) for i in range(x.shape[axis]))

    return run
