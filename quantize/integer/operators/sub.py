"""SUB int8 or int16 with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.addition import LEFT_SHIFT, LEFT_SHIFT_16, add_parameters
from skipstone.quantize.arithmetic.fixed_point import (
    multiply_by_quantized_multiplier,
)
from skipstone.quantize.arithmetic.shapes import broadcast
from skipstone.quantize.integer.node import Kernel, Node, require, require_one_type
from skipstone.quantize.integer.rescale import Rescale
from skipstone.quantize.tflite.options import AddOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::Sub`` with the parameters of ``CalculateOpDataSub``."""
    a, b, output = node.activation_input(0), node.activation_input(1), node.activation_output()
    require_one_type(a, b, output)
    require(broadcast(a.shape, b.shape) == output.shape, f"output shape {output.shape}")
    ends = [(tensor.scale, tensor.zero_point) for tensor in (a, b, output)]
    p = add_parameters(ends[0], ends[1], ends[2], LEFT_SHIFT if a.dtype == "int8" else LEFT_SHIFT_16)
    rescale = Rescale(output, p.output_multiplier, p.output_shift, node.options(AddOptions).activation)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        left = (inputs[0].astype(np.int64) - p.a_zero_point) << p.left_shift
        right = (inputs[1].astype(np.int64) - p.b_zero_point) << p.left_shift
        difference = multiply_by_quantized_multiplier(
            left, p.a_multiplier, p.a_shift
        ) - multiply_by_quantized_multiplier(right, p.b_multiplier, p.b_shift)
        return (rescale(difference),)

    return run
