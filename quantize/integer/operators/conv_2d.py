"""CONV_2D int8 with weights [out, kernel_h, kernel_w, in] and int32 bias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import activation_range, convolution_multipliers, requantize
from skipstone.quantize.integer.accumulate import DotProduct
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.integer.windows import Windows
from skipstone.quantize.tflite.options import Conv2DOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::ConvPerChannel``."""
    options = node.options(Conv2DOptions)
    x, output = node.int8_input(0), node.int8_output()
    weight, scales = node.weights(1)
    require(len(x.shape) == 4 and weight.ndim == 4, f"shapes {x.shape} and {weight.shape} are not of rank 4")
    require(weight.shape[3] == x.shape[3], "grouped convolution")
    channels = weight.shape[0]
    windows = Windows(x.shape, (weight.shape[1], weight.shape[2]), options)
    require(output.shape == (x.shape[0], *windows.output, channels), f"output shape {output.shape}")
    dot = DotProduct(weight.reshape(channels, -1), node.bias(2, channels), x.zero_point)
    multiplier, shift = convolution_multipliers(x.scale, scales, output.scale)
    low, high = activation_range(options.activation, output.scale, output.zero_point)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        columns = windows(inputs[0], x.zero_point).reshape(output.elements // channels, -1)
        result = requantize(dot(columns), multiplier, shift, output.zero_point, low, high)
        return (result.astype(np.int8).reshape(output.shape),)

    return run
