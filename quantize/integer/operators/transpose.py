"""TRANSPOSE with a constant permutation, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.shapes import transposed
from skipstone.quantize.integer.node import Kernel, Node, require


def prepare(node: Node) -> Kernel:
    """Axis ``i`` of the output is axis ``permutation[i]`` of the input."""
    x, output = node.input(0), node.output
    order = tuple(int(axis) for axis in node.constant(1, "int32").ravel())
    require(output.shape == transposed(x.shape, order), f"output shape {output.shape}")
    require(x.dtype == output.dtype, f"{x} cannot become {output}")

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (np.ascontiguousarray(inputs[0].transpose(order)),)

    return run
