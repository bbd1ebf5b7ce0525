"""CONV_2D int8 or int16 with weights int8 [out, kernel_h, kernel_w, in] and a bias as FULLY_CONNECTED."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skipstone.quantize.arithmetic.fixed_point import convolution_multipliers
from skipstone.quantize.integer.accumulate import DotProduct
from skipstone.quantize.integer.node import Kernel, Node, require, require_one_type
from skipstone.quantize.integer.rescale import Rescale
from skipstone.quantize.integer.windows import Windows
from skipstone.quantize.tflite.options import Conv2DOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::ConvPerChannel``."""
    options = node.options(Conv2DOptions)
    x, output = node.activation_input(0), node.activation_output()
    require_one_type(x, output)
    weight, scales = node.weights(1)
    require(len(x.shape) == 4 and weight.ndim == 4, f"shapes {x.shape} and {weight.shape} are not of rank 4")
    require(weight.shape[3] == x.shape[3], "grouped convolution")
    channels = weight.shape[0]
    windows = Windows(x.shape, (weight.shape[1], weight.shape[2]), options)
    require(output.shape == (x.shape[0], *windows.output, channels), f"output shape {output.shape}")
    is_wide = node.sums_in_int64(2)
    dot = DotProduct(weight.reshape(channels, -1), node.bias(2, channels), x.zero_point, x.dtype, is_wide)
    multiplier, shift = convolution_multipliers(x.scale, scales, output.scale)
    rescale = Rescale(output, multiplier, shift, options.activation, is_wide)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        columns = windows(inputs[0], x.zero_point).reshape(output.elements // channels, -1)
        return (rescale(dot(columns)).reshape(output.shape),)

    return run
