"""LOGISTIC int8 → int8 or int16 → int16."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import INT8_MIN
from skipstone.quantize.arithmetic.sigmoid16 import OUTPUT_SCALE, logistic16, sigmoid_multiplier
from skipstone.quantize.arithmetic.tables import logistic_table
from skipstone.quantize.integer.node import Kernel, Node, require, require_one_type


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::Logistic`` as a table of the 256 inputs of int8."""
    x, output = node.activation_input(0), node.activation_output()
    require_one_type(x, output)
    quantization = (output.scale, output.zero_point)
    if x.dtype == "int16":
        require(quantization == (OUTPUT_SCALE, 0) and x.shape == output.shape, f"output {output}")
        multiplier, shift = sigmoid_multiplier(x.scale, 0)
        return lambda inputs: (logistic16(inputs[0].astype(np.int64), multiplier, shift).astype(np.int16),)
    require(quantization == (1 / 256, INT8_MIN), f"output quantization {quantization}")
    require(x.shape == output.shape, f"output shape {output.shape}")
    table = logistic_table((x.scale, x.zero_point))

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (table[inputs[0].view(np.uint8)],)

    return run
