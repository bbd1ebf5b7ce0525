"""CONCATENATION along one axis, any type; int8 inputs are copied as they are, whatever their scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import ConcatenationOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::Concatenation``."""
    options = node.options(ConcatenationOptions)
    require(options.activation == "none", f"fused activation {options.activation}")
    inputs, output = [node.input(i) for i in range(len(node.inputs))], node.output
    rank = len(output.shape)
    require(-rank <= options.axis < rank, f"axis {options.axis} of rank {rank}")
    axis = options.axis % rank
    require(all(x.dtype == output.dtype and len(x.shape) == rank for x in inputs), f"output {output}")
    joined = (*output.shape[:axis], sum(x.shape[axis] for x in inputs), *output.shape[axis + 1 :])
    same = all(
        x.shape[:axis] == output.shape[:axis] and x.shape[axis + 1 :] == output.shape[axis + 1 :]
        for x in inputs
    )
    require(same and joined == output.shape, f"inputs do not join to {output}")

    def run(values: Sequence[Any]) -> Sequence[Any]:
        return (np.concatenate(values, axis=axis),)

    return run
