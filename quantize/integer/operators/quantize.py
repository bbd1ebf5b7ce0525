"""QUANTIZE: between int8, uint8 and int16, or from float32 at the edge of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import LIMITS
from skipstone.quantize.arithmetic.tables import requantization_table, requantized
from skipstone.quantize.integer.node import Kernel, Node, Unsupported, require
from skipstone.quantize.tflite.model import Tensor


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::Requantize`` (between integers) or ``AffineQuantize`` (from float32)."""
    x, output = node.input(0), _integers(node.output, "the output")
    require(x.shape == output.shape, f"output shape {output.shape}")
    if x.dtype == "float32":
        return _from_float(output)
    _integers(x, "the input")
    source, target = (x.scale, x.zero_point), (output.scale, output.zero_point)

    def run_int16(inputs: Sequence[Any]) -> Sequence[Any]:
        return (requantized(inputs[0].astype(np.int64), source, target, output.dtype).astype(output.dtype),)

    if x.dtype == "int16":
        requantized(
            np.zeros(1, np.int64), source, target, output.dtype
        )  # refuses the scales here, not in a step
        return run_int16
    table = requantization_table(source, target, x.dtype, output.dtype)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (table[inputs[0].view(np.uint8)],)

    return run


def _integers(tensor: Tensor, role: str) -> Tensor:
    if tensor.dtype not in LIMITS or tensor.quantization is None or tensor.quantization.per_channel:
        raise Unsupported(f"{role} {tensor} is not int8, uint8 or int16 with one scale")
    return tensor


def _from_float(output: Tensor) -> Kernel:
    """Quotient in float32, halves away from zero."""
    low, high = LIMITS[output.dtype]
    scale, zero_point = np.float32(output.scale), output.zero_point

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        quotient = (inputs[0].astype(np.float32) / scale).astype(np.float64)
        rounded = np.sign(quotient) * np.floor(np.abs(quotient) + 0.5)
        return ((rounded + zero_point).clip(low, high).astype(output.dtype),)

    return run
