"""ADD int8 or int16 with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.addition import LEFT_SHIFT, LEFT_SHIFT_16, add, add_parameters
from skipstone.quantize.arithmetic.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    activation_range,
    multiply_by_quantized_multiplier,
    requantize,
)
from skipstone.quantize.arithmetic.shapes import broadcast
from skipstone.quantize.integer.node import Array, Kernel, Node, require, require_one_type
from skipstone.quantize.tflite.options import AddOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::Add``; each side's rescaling of int8 is a table of its 256 values."""
    require(len(node.inputs) == 2, f"{len(node.inputs)} operands")
    if node.input(0).dtype == "int32":
        return _prepare_int32(node)
    a, b, output = node.activation_input(0), node.activation_input(1), node.activation_output()
    require_one_type(a, b, output)
    require(broadcast(a.shape, b.shape) == output.shape, f"output shape {output.shape}")
    ends = [(tensor.scale, tensor.zero_point) for tensor in (a, b, output)]
    p = add_parameters(ends[0], ends[1], ends[2], LEFT_SHIFT if a.dtype == "int8" else LEFT_SHIFT_16)
    activation = node.options(AddOptions).activation
    low, high = activation_range(activation, output.scale, output.zero_point, output.dtype)

    def run_int16(inputs: Sequence[Any]) -> Sequence[Any]:
        left, right = (value.astype(np.int64) for value in inputs)
        return (add(left, right, p, low, high).astype(np.int16),)

    if a.dtype == "int16":
        return run_int16
    table_a = _rescaled(p.a_zero_point, p.a_multiplier, p.a_shift)
    table_b = _rescaled(p.b_zero_point, p.b_multiplier, p.b_shift)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        total = table_a[inputs[0].view(np.uint8)] + table_b[inputs[1].view(np.uint8)]
        result = requantize(total, p.output_multiplier, p.output_shift, p.output_zero_point, low, high)
        return (result.astype(np.int8),)

    return run


def _prepare_int32(node: Node) -> Kernel:
    """TFLM ``reference_ops::Add`` of the counters of loops: no quantization, sums modulo 2^32."""
    a, b, output = node.input(0), node.input(1), node.output
    require_one_type(a, b, output)
    require(broadcast(a.shape, b.shape) == output.shape, f"output shape {output.shape}")
    require(node.options(AddOptions).activation == "none", "a fused activation on int32")

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (np.add(inputs[0], inputs[1]),)

    return run


def _rescaled(zero_point: int, multiplier: int, shift: int) -> Array:
    """int64[256] rescaled values, indexed by the int8 value read as uint8."""
    values = np.arange(INT8_MIN, INT8_MAX + 1, dtype=np.int64)
    rescaled = multiply_by_quantized_multiplier((values - zero_point) << LEFT_SHIFT, multiplier, shift)
    return np.roll(rescaled, INT8_MIN)
