"""Constants and rescaling of layers with weights, as TFLM computes them in its Prepare."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.graph import Node, Value
from skipstone.firmware.codegen.operations import Requantization
from skipstone.quantize.arithmetic.fixed_point import (
    LARGEST_BIAS,
    activation_range,
    convolution_multipliers,
    product_multiplier,
)


def constant(value: Value) -> NDArray[np.int8]:
    """Values of int8 weights, in the shape of the file."""
    assert value.data is not None, "legality has checked the constants"
    return np.asarray(value.data, np.int8)


def bias(node: Node, channels: int) -> NDArray[np.int32]:
    """int32[channels]; zeros where the operator has none."""
    if len(node.inputs) < 3 or node.inputs[2].data is None:
        return np.zeros(channels, np.int32)
    return np.asarray(node.inputs[2].data, np.int32).ravel()


def wide_bias(node: Node, channels: int) -> NDArray[np.int64]:
    """int64[channels] of a layer on int16 activations; zeros where it has none.

    Raises:
        ValueError: values that the accumulator of TFLM does not hold.
    """
    if len(node.inputs) < 3 or node.inputs[2].data is None:
        return np.zeros(channels, np.int64)
    values = np.asarray(node.inputs[2].data, np.int64).ravel()
    if (np.abs(values.astype(np.float64)) >= LARGEST_BIAS).any():
        raise ValueError("biases beyond 2^46")
    return values


def sums_in_int64(node: Node) -> bool:
    """Whether TFLM sums a layer on int16 activations in int64: with an int64 bias, or without one."""
    return len(node.inputs) < 3 or node.inputs[2].dtype == "int64"


def product_requantization(node: Node) -> Requantization:
    """Rescaling of FULLY_CONNECTED, with the fused activation; one multiplier a row."""
    source, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    in_scale, out_scale = source.quantization[0], output.quantization[0]
    if weights.scales.size > 1:
        return _requantization(node, *convolution_multipliers(in_scale, weights.scales, out_scale))
    multiplier, shift = product_multiplier(in_scale, float(weights.scales[0]), out_scale)
    rows = weights.shape[0]
    return _requantization(node, np.full(rows, multiplier, np.int64), np.full(rows, shift, np.int64))


def channel_requantization(node: Node, channels: int) -> Requantization:
    """Rescaling of CONV_2D and DEPTHWISE_CONV_2D, with the fused activation."""
    source, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    scales = np.broadcast_to(weights.scales, (channels,))
    multipliers, shifts = convolution_multipliers(source.quantization[0], scales, output.quantization[0])
    return _requantization(node, multipliers, shifts)


def _requantization(node: Node, multipliers: NDArray[np.int64], shifts: NDArray[np.int64]) -> Requantization:
    scale, zero_point = node.outputs[0].quantization
    low, high = activation_range(node.options.activation, scale, zero_point, node.outputs[0].dtype)
    return Requantization(multipliers, shifts, zero_point, low, high)


def scalar(factor: tuple[int, int], zero_point: int) -> Requantization:
    """One ``(multiplier, shift)`` for a whole tensor."""
    multiplier, shift = factor
    return Requantization(np.array([multiplier], np.int64), np.array([shift], np.int64), zero_point)
