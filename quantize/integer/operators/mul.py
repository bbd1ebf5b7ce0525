"""MUL int8 or int16 with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.multiplication import multiplication_multiplier
from skipstone.quantize.arithmetic.shapes import broadcast
from skipstone.quantize.integer.node import Kernel, Node, require, require_one_type
from skipstone.quantize.integer.rescale import Rescale
from skipstone.quantize.tflite.options import AddOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::Mul``."""
    a, b, output = node.activation_input(0), node.activation_input(1), node.activation_output()
    require_one_type(a, b, output)
    require(broadcast(a.shape, b.shape) == output.shape, f"output shape {output.shape}")
    multiplier, shift = multiplication_multiplier(a.scale, b.scale, output.scale)
    rescale = Rescale(output, multiplier, shift, node.options(AddOptions).activation)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        left = inputs[0].astype(np.int64) - a.zero_point
        right = inputs[1].astype(np.int64) - b.zero_point
        return (rescale(left * right),)

    return run
