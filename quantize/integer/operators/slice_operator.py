"""SLICE with constant begin and size, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.integer.node import Kernel, Node, require


def prepare(node: Node) -> Kernel:
    """A size of −1 means up to the end."""
    x, output = node.input(0), node.output
    begin = node.constant(1, "int32").ravel().tolist()
    size = node.constant(2, "int32").ravel().tolist()
    require(len(begin) == len(size) == len(x.shape), f"begin {begin} and size {size} of {x}")
    ends = [
        whole if length == -1 else start + length
        for start, length, whole in zip(begin, size, x.shape, strict=True)
    ]
    inside = all(0 <= b < e <= n for b, e, n in zip(begin, ends, x.shape, strict=True))
    require(inside, f"begin {begin} and size {size} leave {x}")
    region = tuple(slice(b, e) for b, e in zip(begin, ends, strict=True))
    shape = tuple(e - b for b, e in zip(begin, ends, strict=True))
    require(output.shape == shape and output.dtype == x.dtype, f"output {output}")

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (np.ascontiguousarray(inputs[0][region]),)

    return run
