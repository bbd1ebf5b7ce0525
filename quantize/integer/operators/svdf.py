"""SVDF int8: projections of the input enter a state [filters, memory], whose rows are weighted over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import (
    multiply_by_quantized_multiplier,
    requantize,
    wrap_int32,
)
from skipstone.quantize.arithmetic.svdf import check_bias_scale, svdf_parameters
from skipstone.quantize.integer.node import Kernel, Node, require
from skipstone.quantize.tflite.options import SvdfOptions

INPUTS = 5
STATE = 4


def prepare(node: Node) -> Kernel:
    """TFLM ``EvalIntegerSvdfReference``; it ignores the fused activation.

    Inputs: x [batch, in], feature weights [filters, in], time weights [filters, memory] (int8 or int16, as
    the state), bias [filters / rank], state [batch, filters · memory].
    """
    rank = node.options(SvdfOptions).rank
    x, output, state = node.int8_input(0), node.int8_output(), node.state(STATE, ("int8", "int16"))
    feature, feature_scales = node.weights(1)
    time, time_scales = node.weights(2, (state.dtype,))
    require(len(node.inputs) == INPUTS and node.inputs[3] is not None, "the bias is missing")
    require(len(feature_scales) == len(time_scales) == 1, "weights with one scale a channel")
    require(len(x.shape) == feature.ndim == time.ndim == 2, "an operand is not of rank 2")
    batch, filters, memory = x.shape[0], *time.shape
    require(rank >= 1 and filters % rank == 0, f"{filters} filters of rank {rank}")
    require(feature.shape == (filters, x.shape[1]), f"feature weights of shape {feature.shape}")
    require(state.shape == (batch, filters * memory), f"a state of shape {state.shape}")
    units = filters // rank
    require(output.shape == (batch, units), f"output shape {output.shape}")
    bias = node.bias(3, units)
    check_bias_scale(node.input(3).scale, time_scales[0], state.scale)
    p = svdf_parameters(x.scale, feature_scales[0], time_scales[0], state.scale, output.scale)
    limits, variables = np.iinfo(state.dtype), node.session.variables
    projection, weighting = feature.astype(np.int64).T, time.astype(np.int64)

    def run(inputs: Sequence[Any]) -> Sequence[Any]:
        window = variables[inputs[STATE]].reshape(batch, filters, memory)
        window[:, :, :-1] = window[:, :, 1:]
        projected = wrap_int32((inputs[0].astype(np.int64) - x.zero_point) @ projection)
        scaled = multiply_by_quantized_multiplier(projected, *p.feature).clip(limits.min, limits.max)
        # The zero point comes after the clamp, so a saturated int8 wraps around; later TFLM adds it first.
        window[:, :, -1] = (scaled + state.zero_point).astype(window.dtype)
        total = ((window - np.int64(state.zero_point)) * weighting).sum(axis=2)
        accumulator = wrap_int32(total.reshape(batch, units, rank).sum(axis=2) + bias)
        return (requantize(accumulator, *p.output, output.zero_point).astype(np.int8),)

    return run
