"""One function an operator: node → operation, with the parameters that TFLM computes in its Prepare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.graph import Fused, Graph, Node, State, Value
from skipstone.firmware.codegen.lowering.npu import lower_npu_job
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.program import (
    Attention,
    Compare,
    DepthwiseConv,
    Embedding,
    FullyConnected,
    Operation,
    Requantization,
)
from skipstone.firmware.codegen.rewrites.views import view_of
from skipstone.quantize.arithmetic.comparison import greater_thresholds
from skipstone.quantize.arithmetic.fixed_point import (
    LARGEST_BIAS,
    activation_range,
    convolution_multipliers,
    product_multiplier,
)
from skipstone.quantize.arithmetic.softmax import softmax_exp_table


def lower_fully_connected(_graph: Graph, node: Node, placement: Placement) -> FullyConnected:
    """FULLY_CONNECTED: one weight scale and several go through different multipliers, as in TFLM."""
    source, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    return FullyConnected(
        output.name,
        node.origin,
        placement.span(source, node),
        placement.home(output),
        constant(weights).reshape(weights.shape),
        bias(node, weights.shape[0]),
        source.quantization[1],
        product_requantization(node),
        4 if weights.dtype == "int4" else 8,
    )


def product_requantization(node: Node) -> Requantization:
    """Rescaling of FULLY_CONNECTED, with the fused activation; one multiplier a row."""
    source, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    in_scale, out_scale = source.quantization[0], output.quantization[0]
    if weights.scales.size > 1:
        return _requantization(node, *convolution_multipliers(in_scale, weights.scales, out_scale))
    multiplier, shift = product_multiplier(in_scale, float(weights.scales[0]), out_scale)
    rows = weights.shape[0]
    return _requantization(node, np.full(rows, multiplier, np.int64), np.full(rows, shift, np.int64))


def lower_depthwise(graph: Graph, node: Node, placement: Placement) -> DepthwiseConv:
    """DEPTHWISE_CONV_2D over time, one output position; the window is a ring or lies in the arena."""
    window, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    channels = weights.shape[-1]
    return DepthwiseConv(
        output.name,
        node.origin,
        _ring(graph, window) or placement.span(window, node),
        placement.home(output),
        constant(weights).reshape(-1, channels),
        bias(node, channels),
        window.quantization[1],
        channel_requantization(node, channels),
    )


def lower_attention(graph: Graph, node: Node, placement: Placement) -> Attention:
    """BATCH_MATMUL → SOFTMAX → BATCH_MATMUL over two rings; probabilities have scale 1/256."""
    query, keys, values = node.inputs
    output, options = node.outputs[0], node.options
    score, context = options.score.quantization, output.quantization
    return Attention(
        output.name,
        node.origin,
        placement.span(query, node),
        placement.home(output),
        _window_state(graph, keys),
        _window_state(graph, values),
        options.heads,
        options.head_dim,
        options.positions,
        options.row_stride,
        query.quantization[1],
        keys.quantization[1],
        values.quantization[1],
        softmax_exp_table(options.beta, score[0]),
        scalar(product_multiplier(query.quantization[0], keys.quantization[0], score[0]), score[1]),
        scalar(product_multiplier(1 / 256, values.quantization[0], context[0]), context[1]),
    )


def lower_compare(_graph: Graph, node: Node, placement: Placement) -> Compare:
    """GREATER against a constant: exact integer thresholds over all 256 inputs."""
    left, right = node.inputs
    thresholds = greater_thresholds(constant(right), left.quantization, right.quantization)
    return Compare(
        node.outputs[0].name,
        node.origin,
        placement.span(left, node),
        placement.home(node.outputs[0]),
        np.broadcast_to(thresholds.ravel(), (left.elements,)).astype(np.int16),
    )


def _ring(graph: Graph, value: Value) -> State | None:
    """The state that ``value`` shows in full and in logical order (oldest row first), if it does."""
    view = view_of(graph, value)
    is_whole = view.contiguous_offset == 0 and view.base.elements == value.elements
    return graph.ring_of(view.base) if is_whole else None


def _window_state(graph: Graph, window: Value) -> State:
    state = graph.ring_of(window)
    assert state is not None, "attention is fused over rings only"
    return state


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


def lower_embedding(_graph: Graph, node: Node, placement: Placement) -> Embedding:
    """GATHER by the tokens that the device keeps."""
    table, output = node.inputs[0], node.outputs[0]
    assert table.data is not None, "the rewrite has seen a constant table"
    rows = np.asarray(table.data, np.int8).reshape(table.shape)
    tokens = output.elements // table.shape[1]
    return Embedding(output.name, node.origin, placement.home(output), rows, tokens)


LOWERED: Mapping[str, Callable[[Graph, Node, Placement], Operation | list[Operation]]] = MappingProxyType(
    {
        Fused.ATTENTION: lower_attention,
        Fused.EMBEDDING: lower_embedding,
        Fused.NPU_JOB: lower_npu_job,
    }
)
"""Nodes that rewrites have made; the rules of the operators lower all others."""
