"""EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL with broadcasting (TFLM ``comparisons.cc``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.comparison import rescale_for_comparison
from skipstone.quantize.arithmetic.fixed_point import INT8_MAX, INT8_MIN
from skipstone.quantize.arithmetic.shapes import broadcast
from skipstone.quantize.integer.node import Array, Kernel, Node, require
from skipstone.quantize.tflite.model import Tensor

_AS_THEY_ARE = ("int32", "bool")
"""Types that are compared without a scale; TFLM compares bools in EQUAL and NOT_EQUAL only."""


def _prepare(compare: Callable[[Array, Array], Array], types: tuple[str, ...], node: Node) -> Kernel:
    """TFLM ``GreaterEval`` and its like: int8 rescaled on both sides, left shift 8, then compared."""
    output, dtype = node.output, node.input(0).dtype
    a, b = (node.input(i) if dtype in types else node.int8_input(i) for i in range(2))
    require(a.dtype == b.dtype, f"types {a.dtype} and {b.dtype}")
    require(output.dtype == "bool", f"output {output} is not bool")
    require(broadcast(a.shape, b.shape) == output.shape, f"output shape {output.shape}")
    if dtype in types:
        return lambda inputs: (compare(inputs[0], inputs[1]),)
    table_a, table_b = _rescaled(a), _rescaled(b)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (compare(table_a[inputs[0].view(np.uint8)], table_b[inputs[1].view(np.uint8)]),)

    return run


def _rescaled(tensor: Tensor) -> Array:
    """int64[256] rescaled values, indexed by the int8 value read as uint8."""
    values = np.arange(INT8_MIN, INT8_MAX + 1, dtype=np.int64)
    return np.roll(rescale_for_comparison(values, tensor.scale, tensor.zero_point), INT8_MIN)


PREPARE = MappingProxyType(
    {
        "EQUAL": partial(_prepare, np.equal, _AS_THEY_ARE),
        "NOT_EQUAL": partial(_prepare, np.not_equal, _AS_THEY_ARE),
        "GREATER": partial(_prepare, np.greater, ("int32",)),
        "GREATER_EQUAL": partial(_prepare, np.greater_equal, ("int32",)),
        "LESS": partial(_prepare, np.less, ("int32",)),
        "LESS_EQUAL": partial(_prepare, np.less_equal, ("int32",)),
    }
)
"""By operator."""
