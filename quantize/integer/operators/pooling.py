"""AVERAGE_POOL_2D and MAX_POOL_2D int8 or int16; padding does not count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import INT16_MIN, activation_range
from skipstone.quantize.arithmetic.mean import rounded_quotient
from skipstone.quantize.integer.node import Array, Kernel, Node, require, require_one_type
from skipstone.quantize.integer.windows import Windows
from skipstone.quantize.tflite.options import Conv2DOptions, PoolOptions


def prepare_average(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::AveragePool``: both sides have one quantization."""

    def pool(windows: Windows, image: Array) -> Array:
        total = windows(image.astype(np.int64), 0).sum(axis=(3, 4))
        count = windows(np.ones_like(image, np.int64), 0).sum(axis=(3, 4))
        return rounded_quotient(total, count)

    return _prepare(node, pool)


def prepare_max(node: Node) -> Kernel:
    """TFLM ``reference_integer_ops::MaxPool``."""
    return _prepare(node, lambda windows, image: windows(image.astype(np.int64), INT16_MIN).max(axis=(3, 4)))


def _prepare(node: Node, pool: Callable[[Windows, Array], Array]) -> Kernel:
    options = node.options(PoolOptions)
    x, output = node.activation_input(0), node.activation_output()
    require_one_type(x, output)
    same = (x.scale, x.zero_point) == (output.scale, output.zero_point)
    require(same, "input and output of a pooling are quantized differently")
    require(len(x.shape) == 4, f"shape {x.shape} is not of rank 4")
    geometry = Conv2DOptions(options.padding, options.stride)
    windows = Windows(x.shape, options.window, geometry)
    require(output.shape == (x.shape[0], *windows.output, x.shape[3]), f"output shape {output.shape}")
    low, high = activation_range(options.activation, output.scale, output.zero_point, output.dtype)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (pool(windows, inputs[0]).clip(low, high).astype(output.dtype),)

    return run
