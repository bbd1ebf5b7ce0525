"""MEAN int8 or int16 over one or two axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.mean import mean_parameters
from skipstone.quantize.arithmetic.shapes import reduced
from skipstone.quantize.integer.node import Kernel, Node, require, require_one_type
from skipstone.quantize.integer.rescale import Rescale

LARGEST_AXIS_COUNT = 2
"""TFLM keeps the resolved axes in an array of two."""
LARGEST_RANK = 4


def prepare(node: Node) -> Kernel:
    """TFLM ``EvalMean``."""
    x, output = node.activation_input(0), node.activation_output()
    require_one_type(x, output)
    given = node.constant(1, "int32").ravel().tolist()
    rank = len(x.shape)
    require(rank <= LARGEST_RANK and 1 <= len(given) <= LARGEST_AXIS_COUNT, f"axes {given} of {x}")
    require(all(-rank <= axis < rank for axis in given), f"axes {given} of {x}")
    axes = tuple(sorted({axis % rank for axis in given}))
    shape = reduced(x.shape, axes, len(output.shape))
    require(output.shape == shape, f"output shape {output.shape}, not {shape}")
    count = prod(x.shape[axis] for axis in axes)
    p = mean_parameters((x.scale, x.zero_point), (output.scale, output.zero_point), count)
    rescale = Rescale(output, p.multiplier, p.shift)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        total = inputs[0].astype(np.int64).sum(axis=axes)
        return (rescale(total - p.count * p.input_zero_point).reshape(output.shape),)

    return run
