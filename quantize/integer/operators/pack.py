"""PACK and UNPACK along a new axis, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.shapes import packed, unpacked
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import PackOptions


def prepare_pack(node: Node) -> Kernel:
    """PACK: equal tensors become one with an axis more."""
    output, parts = node.output, [node.input(i) for i in range(len(node.inputs))]
    axis = node.options(PackOptions).axis
    shape = packed([x.shape for x in parts], axis)
    fits = output.shape == shape and all(x.dtype == output.dtype for x in parts)
    require(fits, f"output {output}, not of shape {shape}")

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (np.stack(inputs, axis),)

    return run


def prepare_unpack(node: Node) -> Kernel:
    """UNPACK: the slices of a tensor along one axis, without it."""
    x = node.input(0)
    axis, count = node.options(PackOptions).axis, len(node.outputs)
    fits = [output.shape for output in node.outputs] == unpacked(x.shape, axis, count)
    require(fits and all(output.dtype == x.dtype for output in node.outputs), f"parts of {x}")

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return tuple(np.ascontiguousarray(inputs[0].take(i, axis)) for i in range(count))

    return run
