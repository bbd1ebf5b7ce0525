"""SOFTMAX int8 → int8 or int16 → int16 over the last axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.softmax import (
    OUTPUT_SCALE,
    OUTPUT_ZERO_POINT,
    softmax_exp_table,
    softmax_normalize,
)
from skipstone.quantize.arithmetic.softmax16 import LARGEST_ROW as LARGEST_ROW_16
from skipstone.quantize.arithmetic.softmax16 import OUTPUT_SCALE as OUTPUT_SCALE_16
from skipstone.quantize.arithmetic.softmax16 import softmax16, softmax16_multiplier
from skipstone.quantize.integer.node import Kernel, Node, require, require_one_type
from skipstone.quantize.tflite.model import Tensor
from skipstone.quantize.tflite.options import SoftmaxOptions

LARGEST_ROW = 4096
"""The 12 integer bits of the sum of exponentials end here."""


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::Softmax`` (int8) or ``SoftmaxInt16``."""
    x, output = node.activation_input(0), node.activation_output()
    require_one_type(x, output)
    require(bool(x.shape), "an input without axes")
    beta = node.options(SoftmaxOptions).beta
    return _prepare_int16(x, output, beta) if x.dtype == "int16" else _prepare_int8(x, output, beta)


def _prepare_int16(x: Tensor, output: Tensor, beta: float) -> Kernel:
    require(output.scale == OUTPUT_SCALE_16, f"output scale {output.scale}")
    require(x.shape == output.shape and 1 <= x.shape[-1] <= LARGEST_ROW_16, f"shape {x.shape}")
    multiplier, shift = softmax16_multiplier(x.scale, beta)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        return (softmax16(inputs[0].astype(np.int64), multiplier, shift).astype(np.int16),)

    return run


def _prepare_int8(x: Tensor, output: Tensor, beta: float) -> Kernel:
    """The exponential is a table over ``max − x``."""
    quantization = (output.scale, output.zero_point)
    require(quantization == (OUTPUT_SCALE, OUTPUT_ZERO_POINT), f"output quantization {quantization}")
    require(x.shape == output.shape and 1 <= x.shape[-1] <= LARGEST_ROW, f"shape {x.shape}")
    table = softmax_exp_table(beta, x.scale).astype(np.int64)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        values = inputs[0].astype(np.int64)
        difference = values.max(axis=-1, keepdims=True) - values
        return (softmax_normalize(table[difference]).astype(np.int8),)

    return run
