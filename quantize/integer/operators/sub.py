"""SUB int8 with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.addition import LEFT_SHIFT
from skipstone.quantize.arithmetic.fixed_point import (
    activation_range,
    multiply_by_quantized_multiplier,
    requantize,
)
from skipstone.quantize.arithmetic.subtraction import sub_parameters
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import AddOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::Sub`` with the parameters of ``CalculateOpDataSub``."""
    a, b, output = node.int8_input(0), node.int8_input(1), node.int8_output()
    require(np.broadcast_shapes(a.shape, b.shape) == output.shape, f"output shape {output.shape}")
    p = sub_parameters((a.scale, a.zero_point), (b.scale, b.zero_point), (output.scale, output.zero_point))
    activation = node.options(AddOptions).activation
    low, high = activation_range(activation, output.scale, output.zero_point)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        left = (inputs[0].astype(np.int64) - p.a_zero_point) << LEFT_SHIFT
        right = (inputs[1].astype(np.int64) - p.b_zero_point) << LEFT_SHIFT
        difference = multiply_by_quantized_multiplier(
            left, p.a_multiplier, p.a_shift
        ) - multiply_by_quantized_multiplier(right, p.b_multiplier, p.b_shift)
        result = requantize(difference, p.output_multiplier, p.output_shift, p.output_zero_point, low, high)
        return (result.astype(np.int8),)

    return run
