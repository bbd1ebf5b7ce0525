"""MUL int8 with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import activation_range, requantize
from skipstone.quantize.arithmetic.multiplication import multiplication_multiplier
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import AddOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::Mul``."""
    a, b, output = node.int8_input(0), node.int8_input(1), node.int8_output()
    require(np.broadcast_shapes(a.shape, b.shape) == output.shape, f"output shape {output.shape}")
    multiplier, shift = multiplication_multiplier(a.scale, b.scale, output.scale)
    activation = node.options(AddOptions).activation
    low, high = activation_range(activation, output.scale, output.zero_point)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        left = inputs[0].astype(np.int64) - a.zero_point
        right = inputs[1].astype(np.int64) - b.zero_point
        result = requantize(left * right, multiplier, shift, output.zero_point, low, high)
        return (result.astype(np.int8),)

    return run
