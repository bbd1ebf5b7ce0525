"""SLICE with constant begin and size, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.shapes import sliced
from skipstone.quantize.integer.node import Kernel, Node, require


def prepare(node: Node) -> Kernel:
    """A size of −1 means up to the end."""
    x, output = node.input(0), node.output
    begin = node.constant(1, "int32").ravel().tolist()
    size = node.constant(2, "int32").ravel().tolist()
    shape = sliced(x.shape, begin, size)
    region = tuple(slice(start, start + length) for start, length in zip(begin, shape, strict=True))
    require(output.shape == shape and output.dtype == x.dtype, f"output {output}")

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (np.ascontiguousarray(inputs[0][region]),)

    return run
