"""DEPTHWISE_CONV_2D int8 or int16 with weights int8 [1, kernel_h, kernel_w, out].

The bias is int32 for int8 activations. For int16 it is int64 and has to be there: TFLM takes int32 and none,
but reads int64 in both cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import (
    convolution_multipliers,
    wrap_int32,
)
from skipstone.quantize.integer.node import Kernel, Node, require, require_one_type
from skipstone.quantize.integer.rescale import Rescale
from skipstone.quantize.integer.windows import Windows
from skipstone.quantize.tflite.options import DepthwiseConv2DOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::DepthwiseConvPerChannel``."""
    options = node.options(DepthwiseConv2DOptions)
    x, output = node.activation_input(0), node.activation_output()
    require_one_type(x, output)
    weight, scales = node.weights(1)
    require(len(x.shape) == 4 and weight.ndim == 4, f"shapes {x.shape} and {weight.shape} are not of rank 4")
    channels = weight.shape[3]
    multiple = options.depth_multiplier
    require(channels == x.shape[3] * multiple, f"depth multiplier {multiple} with {channels} channels")
    windows = Windows(x.shape, (weight.shape[1], weight.shape[2]), options)
    require(output.shape == (x.shape[0], *windows.output, channels), f"output shape {output.shape}")
    is_wide = x.dtype == "int16"
    has_int64 = len(node.inputs) > 2 and node.input(2).dtype == "int64"
    require(has_int64 or not is_wide, "int16 activations without an int64 bias")
    bias, wide = node.bias(2, channels), weight[0].astype(np.int64)
    multiplier, shift = convolution_multipliers(x.scale, scales, output.scale)
    rescale = Rescale(output, multiplier, shift, options.activation, is_wide)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        columns = windows(inputs[0], x.zero_point).astype(np.int64) - x.zero_point
        spread = np.repeat(columns, multiple, axis=-1) if multiple > 1 else columns
        accumulator = (spread * wide).sum(axis=(3, 4)) + bias
        return (rescale(accumulator if is_wide else wrap_int32(accumulator)),)

    return run
