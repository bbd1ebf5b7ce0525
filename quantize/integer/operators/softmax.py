"""SOFTMAX int8 → int8 over the last axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.softmax import (
    OUTPUT_SCALE,
    OUTPUT_ZERO_POINT,
    softmax_exp_table,
    softmax_normalize,
)
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import SoftmaxOptions

LARGEST_ROW = 4096
"""The 12 integer bits of the sum of exponentials end here."""


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::Softmax``; the exponential is a table over ``max − x``."""
    x, output = node.int8_input(0), node.int8_output()
    quantization = (output.scale, output.zero_point)
    require(quantization == (OUTPUT_SCALE, OUTPUT_ZERO_POINT), f"output quantization {quantization}")
    require(x.shape == output.shape and 1 <= x.shape[-1] <= LARGEST_ROW, f"shape {x.shape}")
    table = softmax_exp_table(node.options(SoftmaxOptions).beta, x.scale).astype(np.int64)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        values = inputs[0].astype(np.int64)
        difference = values.max(axis=-1, keepdims=True) - values
        return (softmax_normalize(table[difference]).astype(np.int8),)

    return run
