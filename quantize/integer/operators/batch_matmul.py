"""BATCH_MATMUL of two computed tensors, int8 or int16, batch axes broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import product_multiplier, wrap_int32
from skipstone.quantize.arithmetic.shapes import matrix_product
from skipstone.quantize.integer.node import Kernel, Node, require, require_one_type
from skipstone.quantize.integer.rescale import Rescale
from skipstone.quantize.tflite.options import BatchMatMulOptions


def prepare(node: Node) -> Kernel:
    """TFLM ``reference_ops::BatchMatMul`` with int32 sums of int8 and int64 sums of int16 products."""
    options = node.options(BatchMatMulOptions)
    a, b, output = node.activation_input(0), node.activation_input(1), node.activation_output()
    require_one_type(a, b, output)
    shape = matrix_product(a.shape, b.shape, options.adj_x, options.adj_y)
    require(output.shape == shape, f"output shape {output.shape}, not {shape}")
    multiplier, shift = product_multiplier(a.scale, b.scale, output.scale)
    is_wide = a.dtype == "int16"
    rescale = Rescale(output, multiplier, shift, is_wide=is_wide)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        left = inputs[0].astype(np.float64) - a.zero_point
        right = inputs[1].astype(np.float64) - b.zero_point
        left = left.swapaxes(-1, -2) if options.adj_x else left
        right = right.swapaxes(-1, -2) if options.adj_y else right
        accumulator = (left @ right).astype(np.int64)
        return (rescale(accumulator if is_wide else wrap_int32(accumulator)),)

    return run
