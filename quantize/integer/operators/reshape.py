"""RESHAPE to the static shape of the output, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skipstone.quantize.arithmetic.shapes import reshaped
from skipstone.quantize.integer.node import Kernel, Node, require


def prepare(node: Node) -> Kernel:
    """The shape operand and the option are redundant: shapes are static."""
    x, output = node.input(0), node.output
    require(x.dtype == output.dtype, f"{x} cannot become {output}")
    shape = reshaped(x.shape, output.shape)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (inputs[0].reshape(shape),)

    return run
