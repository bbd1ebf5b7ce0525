"""LOGISTIC int8 → int8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import INT8_MIN
from skipstone.quantize.arithmetic.tables import logistic_table
from skipstone.quantize.integer.node import Kernel, Node, require


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::Logistic`` as a table of its 256 inputs."""
    x, output = node.int8_input(0), node.int8_output()
    quantization = (output.scale, output.zero_point)
    require(quantization == (1 / 256, INT8_MIN), f"output quantization {quantization}")
    require(x.shape == output.shape, f"output shape {output.shape}")
    table = logistic_table((x.scale, x.zero_point))

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (table[inputs[0].view(np.uint8)],)

    return run
