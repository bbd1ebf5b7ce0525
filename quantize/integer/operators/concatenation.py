"""CONCATENATION along one axis, any type; int8 inputs are copied as they are, whatever their scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.shapes import concatenated
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import ConcatenationOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::Concatenation``."""
    options = node.options(ConcatenationOptions)
    require(options.activation == "none", f"fused activation {options.activation}")
    inputs, output = [node.input(i) for i in range(len(node.inputs))], node.output
    require(all(x.dtype == output.dtype for x in inputs), f"output {output}")
    shape = concatenated([x.shape for x in inputs], options.axis)
    require(output.shape == shape, f"output shape {output.shape}, not {shape}")

    def run(values: Sequence[Any]) -> Sequence[Any]:
        return (np.concatenate(values, axis=options.axis),)

    return run
