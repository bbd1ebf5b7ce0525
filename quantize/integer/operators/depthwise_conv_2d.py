"""DEPTHWISE_CONV_2D int8 with weights [1, kernel_h, kernel_w, out] and int32 bias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import (
    activation_range,
    convolution_multipliers,
    requantize,
    wrap_int32,
)
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.integer.windows import Windows
from skipstone.quantize.tflite.options import DepthwiseConv2DOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::DepthwiseConvPerChannel``."""
    options = node.options(DepthwiseConv2DOptions)
    x, output = node.int8_input(0), node.int8_output()
    weight, scales = node.weights(1)
    require(len(x.shape) == 4 and weight.ndim == 4, f"shapes {x.shape} and {weight.shape} are not of rank 4")
    channels = weight.shape[3]
    multiple = options.depth_multiplier
    require(channels == x.shape[3] * multiple, f"depth multiplier {multiple} with {channels} channels")
    windows = Windows(x.shape, (weight.shape[1], weight.shape[2]), options)
    require(output.shape == (x.shape[0], *windows.output, channels), f"output shape {output.shape}")
    bias, wide = node.bias(2, channels), weight[0].astype(np.int64)
    multiplier, shift = convolution_multipliers(x.scale, scales, output.scale)
    low, high = activation_range(options.activation, output.scale, output.zero_point)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        columns = windows(inputs[0], x.zero_point).astype(np.int64) - x.zero_point
        spread = np.repeat(columns, multiple, axis=-1) if multiple > 1 else columns
        accumulator = wrap_int32((spread * wide).sum(axis=(3, 4)) + bias)
        result = requantize(accumulator, multiplier, shift, output.zero_point, low, high)
        return (result.astype(np.int8),)

    return run
