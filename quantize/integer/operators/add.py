"""ADD int8 with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.addition import LEFT_SHIFT, add_parameters
from skipstone.quantize.arithmetic.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    activation_range,
    multiply_by_quantized_multiplier,
    requantize,
)
from skipstone.quantize.integer.node import Array, Kernel, Node, require
from skipstone.quantize.tflite.options import AddOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::Add``; each side's rescaling is a table of its 256 values."""
    a, b, output = node.int8_input(0), node.int8_input(1), node.int8_output()
    require(np.broadcast_shapes(a.shape, b.shape) == output.shape, f"output shape {output.shape}")
    p = add_parameters((a.scale, a.zero_point), (b.scale, b.zero_point), (output.scale, output.zero_point))
    table_a = _rescaled(p.a_zero_point, p.a_multiplier, p.a_shift)
    table_b = _rescaled(p.b_zero_point, p.b_multiplier, p.b_shift)
    activation = node.options(AddOptions).activation
    low, high = activation_range(activation, output.scale, output.zero_point)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        total = table_a[inputs[0].view(np.uint8)] + table_b[inputs[1].view(np.uint8)]
        result = requantize(total, p.output_multiplier, p.output_shift, p.output_zero_point, low, high)
        return (result.astype(np.int8),)

    return run


def _rescaled(zero_point: int, multiplier: int, shift: int) -> Array:
    """int64[256] rescaled values, indexed by the int8 value read as uint8."""
    values = np.arange(INT8_MIN, INT8_MAX + 1, dtype=np.int64)
    rescaled = multiply_by_quantized_multiplier((values - zero_point) << LEFT_SHIFT, multiplier, shift)
    return np.roll(rescaled, INT8_MIN)
