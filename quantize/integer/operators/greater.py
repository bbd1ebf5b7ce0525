"""GREATER on int8, with broadcasting → bool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.comparison import rescale_for_comparison
from skipstone.quantize.arithmetic.fixed_point import INT8_MAX, INT8_MIN
from skipstone.quantize.integer.node import Array, Kernel, Node, require
from skipstone.quantize.tflite.model import Tensor


def prepare(node: Node) -> Kernel:
    """TFLM ``GreaterEval``: both sides rescaled with a left shift of 8, then compared."""
    a, b, output = node.int8_input(0), node.int8_input(1), node.output
    require(output.dtype == "bool", f"output {output} is not bool")
    require(np.broadcast_shapes(a.shape, b.shape) == output.shape, f"output shape {output.shape}")
    table_a, table_b = _rescaled(a), _rescaled(b)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (table_a[inputs[0].view(np.uint8)] > table_b[inputs[1].view(np.uint8)],)

    return run


def _rescaled(tensor: Tensor) -> Array:
    """int64[256] rescaled values, indexed by the int8 value read as uint8."""
    values = np.arange(INT8_MIN, INT8_MAX + 1, dtype=np.int64)
    return np.roll(rescale_for_comparison(values, tensor.scale, tensor.zero_point), INT8_MIN)
