"""FULLY_CONNECTED int8, weights int8 (per tensor or channel) or int4 (per tensor), int32 bias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import (
    IntegerArray,
    activation_range,
    convolution_multipliers,
    product_multiplier,
    requantize,
)
from skipstone.quantize.integer.accumulate import DotProduct
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import FullyConnectedOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::FullyConnected`` and ``FullyConnectedPerChannel``."""
    options = node.options(FullyConnectedOptions)
    require(not options.shuffled_weights, "shuffled weights")
    x, output = node.int8_input(0), node.int8_output()
    weight, scales = node.weights(1, ("int8", "int4"))
    require(weight.ndim == 2 and x.elements % weight.shape[1] == 0, f"weights of shape {weight.shape}")
    is_int4 = node.input(1).dtype == "int4"
    require(not is_int4 or len(scales) == 1, "int4 weights with one scale a channel, which TFLM refuses")
    channels, depth = weight.shape
    require(output.elements == x.elements // depth * channels, f"output shape {output.shape}")
    dot = DotProduct(weight, node.bias(2, channels), x.zero_point)
    multiplier, shift = _multipliers(x.scale, scales, output.scale)
    low, high = activation_range(options.activation, output.scale, output.zero_point)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        accumulator = dot(inputs[0].reshape(-1, depth))
        result = requantize(accumulator, multiplier, shift, output.zero_point, low, high)
        return (result.astype(np.int8).reshape(output.shape),)

    return run


def _multipliers(
    input_scale: float, scales: tuple[float, ...], output_scale: float
) -> tuple[IntegerArray, IntegerArray]:
    if len(scales) == 1:
        return product_multiplier(input_scale, scales[0], output_scale)
    return convolution_multipliers(input_scale, scales, output_scale)
