"""PAD and PADV2 with constant widths, any type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.shapes import padded
from skipstone.quantize.integer.node import Kernel, Node, require


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::Pad``: the output's zero point, or the third input, around the input."""
    x, output = node.input(0), node.output
    widths = node.constant(1, "int32")
    around = widths.reshape(-1, 2).tolist()
    require(output.shape == padded(x.shape, around) and output.dtype == x.dtype, f"output {output}")
    # TFLM pads int16 with 0 whatever its zero point is
    require(output.dtype != "int16" or output.zero_point == 0, f"int16 with zero point {output.zero_point}")
    value = output.zero_point
    if node.optional_input(2) is not None:
        value = int(node.constant(2, x.dtype).ravel()[0])

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (np.pad(inputs[0], around, constant_values=value),)

    return run
