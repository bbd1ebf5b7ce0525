"""FULLY_CONNECTED int8 or int16, weights int8 (per tensor or channel) or int4 (int8, per tensor).

A bias is int32; with int16 activations it may be int64. The accumulator is int64 then, and without a bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skipstone.quantize.arithmetic.fixed_point import (
    IntegerArray,
    convolution_multipliers,
    product_multiplier,
)
from skipstone.quantize.arithmetic.shapes import fully_connected
from skipstone.quantize.integer.accumulate import DotProduct
from skipstone.quantize.integer.node import Kernel, Node, require, require_one_type
from skipstone.quantize.integer.rescale import Rescale
from skipstone.quantize.tflite.options import FullyConnectedOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::FullyConnected`` and ``FullyConnectedPerChannel``."""
    options = node.options(FullyConnectedOptions)
    require(not options.shuffled_weights, "shuffled weights")
    x, output = node.activation_input(0), node.activation_output()
    require_one_type(x, output)
    weight, scales = node.weights(1, ("int8", "int4"))
    require(weight.ndim == 2, f"weights of shape {weight.shape}")
    is_int4 = node.input(1).dtype == "int4"
    require(not is_int4 or x.dtype == "int8", "int4 weights with int16 activations")
    require(not is_int4 or len(scales) == 1, "int4 weights with one scale a channel, which TFLM refuses")
    channels, depth = weight.shape
    shape = fully_connected(x.shape, weight.shape, output.shape)
    require(output.shape == shape, f"output shape {output.shape}, not {shape}")
    is_wide = node.sums_in_int64(2)
    dot = DotProduct(weight, node.bias(2, channels), x.zero_point, x.dtype, is_wide)
    multiplier, shift = _multipliers(x.scale, scales, output.scale)
    rescale = Rescale(output, multiplier, shift, options.activation, is_wide)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (rescale(dot(inputs[0].reshape(-1, depth))).reshape(output.shape),)

    return run


def _multipliers(
    input_scale: float, scales: tuple[float, ...], output_scale: float
) -> tuple[IntegerArray, IntegerArray]:
    if len(scales) == 1:
        return product_multiplier(input_scale, scales[0], output_scale)
    return convolution_multipliers(input_scale, scales, output_scale)
