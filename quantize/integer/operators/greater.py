"""GREATER and LESS on int8 or int32, with broadcasting → bool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.comparison import rescale_for_comparison
from skipstone.quantize.arithmetic.fixed_point import INT8_MAX, INT8_MIN
from skipstone.quantize.integer.node import Array, Kernel, Node, require
from skipstone.quantize.tflite.model import Tensor


def prepare(node: Node) -> Kernel:
    """TFLM ``GreaterEval``: int8 rescaled on both sides with a left shift of 8, then compared."""
    return _prepare(node, np.greater)


def prepare_less(node: Node) -> Kernel:
    """TFLM ``LessEval``."""
    return _prepare(node, np.less)


def _prepare(node: Node, compare: Callable[[Array, Array], Array]) -> Kernel:
    output, counts = node.output, node.input(0).dtype == "int32"
    a, b = (node.input(i) if counts else node.int8_input(i) for i in range(2))
    require(a.dtype == b.dtype, f"types {a.dtype} and {b.dtype}")
    require(output.dtype == "bool", f"output {output} is not bool")
    require(np.broadcast_shapes(a.shape, b.shape) == output.shape, f"output shape {output.shape}")
    if counts:
        return lambda inputs: (compare(inputs[0], inputs[1]),)
    table_a, table_b = _rescaled(a), _rescaled(b)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (compare(table_a[inputs[0].view(np.uint8)], table_b[inputs[1].view(np.uint8)]),)

    return run


def _rescaled(tensor: Tensor) -> Array:
    """int64[256] rescaled values, indexed by the int8 value read as uint8."""
    values = np.arange(INT8_MIN, INT8_MAX + 1, dtype=np.int64)
    return np.roll(rescale_for_comparison(values, tensor.scale, tensor.zero_point), INT8_MIN)
