"""DEQUANTIZE int8, uint8 or int16 → float32, at the edge of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.integer.node import Kernel, Node, require


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::Dequantize``: one float32 product."""
    x, output = node.input(0), node.output
    require(x.dtype in ("int8", "uint8", "int16") and x.quantization is not None, f"input {x}")
    require(output.dtype == "float32" and output.shape == x.shape, f"output {output}")
    scale, zero_point = np.float32(x.scale), x.zero_point

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return ((inputs[0].astype(np.int32) - zero_point).astype(np.float32) * scale,)

    return run
