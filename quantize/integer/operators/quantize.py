"""QUANTIZE int8 → int8: from one scale and zero point to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import quantize_multiplier, requantize
from skipstone.quantize.integer.node import Kernel, Node, require


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::Requantize``."""
    x, output = node.int8_input(0), node.int8_output()
    require(x.shape == output.shape, f"output shape {output.shape}")
    multiplier, shift = quantize_multiplier(x.scale / output.scale)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        centred = inputs[0].astype(np.int64) - x.zero_point
        return (requantize(centred, multiplier, shift, output.zero_point).astype(np.int8),)

    return run
