"""DEPTHWISE_CONV_2D of any stride, dilation, padding and depth multiplier."""

from __future__ import annotations

from functools import partial

import numpy as np
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node, State, Value
from skipstone.firmware.codegen.lowering import layer_parameters
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import DepthwiseConv, KernelCall, Operation
from skipstone.firmware.codegen.operator_rules.families.convolution import (
    call_int16,
    check_convolution,
    convolution_shapes,
    geometry_of,
    int16_constants,
    lower_layer,
)
from skipstone.firmware.codegen.packing.convolution import pack_depthwise_conv_2d
from skipstone.firmware.codegen.packing.layers_int16 import pack_depthwise_int16
from skipstone.firmware.codegen.rewrites.views import view_of
from skipstone.firmware.codegen.rule import Rule


def _check(node: Node, findings: Findings) -> None:
    if not check_convolution(node, 3, findings):
        return
    image, channels = node.inputs[0], node.inputs[1].shape[3]
    has_int64 = len(node.inputs) > 2 and node.inputs[2].dtype == "int64"
    if image.dtype == "int16" and not has_int64:
        findings.add(str(node), "int16 activations without an int64 bias", "TFLM reads one: use int64 biases")
    if channels % image.shape[3]:
        findings.add(str(node), f"{channels} outputs of {image.shape[3]} channels", "convert the model again")
    if node.inputs[1].shape[0] != 1:
        weights = list(node.inputs[1].shape)
        findings.add(str(node), f"weights {weights}", "store them as [1, height, width, channels]")


def _lower(graph: Graph, node: Node, placement: Placement) -> Operation:
    """One window over time is `depthwise_ring`; one input channel is CONV_2D; the rest loops over windows."""
    geometry = geometry_of(node)
    channels = node.inputs[1].shape[3]
    taps = layer_parameters.constant(node.inputs[1]).reshape(-1, channels)
    if node.inputs[0].dtype == "int16":
        pack_int16 = partial(pack_depthwise_int16, *int16_constants(node, taps, channels), geometry)
        return call_int16(node, placement, geometry.count * taps.size, pack_int16)
    if geometry.channels == 1 and channels > 1:
        return lower_layer(node, placement, np.ascontiguousarray(taps.T), geometry)
    layer = _layer(graph, node, placement)
    if geometry.count == 1 and geometry.is_whole_image and channels == geometry.channels:
        return layer
    assert not isinstance(layer.window, State), "a ring has one window"
    pack = partial(pack_depthwise_conv_2d, layer, geometry)
    macs = geometry.count * layer.macs
    return KernelCall(layer.name, layer.origin, (layer.window,), layer.output, pack, macs)


def _layer(graph: Graph, node: Node, placement: Placement) -> DepthwiseConv:
    """A convolution over time of one output position; the window is a ring or lies in the arena."""
    window, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    channels = weights.shape[-1]
    return DepthwiseConv(
        output.name,
        node.origin,
        _ring(graph, window) or placement.span(window, node),
        placement.home(output),
        layer_parameters.constant(weights).reshape(-1, channels),
        layer_parameters.bias(node, channels),
        window.quantization[1],
        layer_parameters.channel_requantization(node, channels),
    )


def _ring(graph: Graph, value: Value) -> State | None:
    """The state that ``value`` shows in full and in logical order (oldest row first), if it does."""
    view = view_of(graph, value)
    is_whole = view.contiguous_offset == 0 and view.base.elements == value.elements
    return graph.ring_of(view.base) if is_whole else None


RULE = Rule(
    _check,
    (2, 3),
    shapes=partial(convolution_shapes, 3),
    becomes="kernel `depthwise_ring` for one output over time, `depthwise_conv_2d` for several",
    kernels=(
        "ss_depthwise_ring_s8",
        "ss_depthwise_conv_2d_s8",
        "ss_conv_2d_s8",
        "ss_depthwise_conv_2d_s16",
    ),
    reference="`reference_integer_ops::DepthwiseConvPerChannel`",
    lower=_lower,
)
