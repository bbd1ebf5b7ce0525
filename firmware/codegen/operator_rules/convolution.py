"""CONV_2D and DEPTHWISE_CONV_2D of any stride, dilation and padding."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering import operators
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.rule import (
    Rule,
    check_activation,
    check_one_type,
    check_weights,
)
from skipstone.firmware.codegen.packing.convolution import Geometry, pack_conv_2d, pack_depthwise_conv_2d
from skipstone.firmware.codegen.packing.layers_int16 import (
    pack_conv_2d_int16,
    pack_depthwise_int16,
    widened,
)
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.firmware.codegen.program import (
    DepthwiseConv,
    FullyConnected,
    KernelCall,
    Operation,
    Requantization,
)
from skipstone.quantize.arithmetic.windows import window_positions


def geometry_of(node: Node) -> Geometry:
    """How the windows of a convolution lie in its input.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    image, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    options = node.options
    if not len(image.shape) == len(weights.shape) == len(output.shape) == 4:
        raise ValueError("an operand is not of rank 4")
    sizes = image.shape[1:3], (weights.shape[1], weights.shape[2])
    axes = [
        window_positions(sizes[0][i], sizes[1][i], options.stride[i], options.dilation[i], options.padding)
        for i in range(2)
    ]
    if (image.shape[0], axes[0][0], axes[1][0]) != output.shape[:3]:
        raise ValueError(
            f"its windows give {[axis[0] for axis in axes]}, its output has {list(output.shape)}"
        )
    return Geometry(
        batches=image.shape[0],
        image=(image.shape[1], image.shape[2]),
        channels=image.shape[3],
        kernel=sizes[1],
        stride=options.stride,
        dilation=options.dilation,
        padding=(axes[0][1][0], axes[1][1][0]),
        output=(axes[0][0], axes[1][0]),
    )


def _check(node: Node, findings: Findings) -> None:
    check_activation(node, findings)
    check_one_type(node, findings, [node.inputs[0], node.outputs[0]])
    if not node.outputs[0].shape:
        findings.add(str(node), "an output without axes", "convert the model again")
        return
    channels = node.outputs[0].shape[-1]
    if not check_weights(node, channels, findings):
        return
    try:
        geometry_of(node)
    except ValueError as problem:
        findings.add(str(node), str(problem), "convert the model again")
        return
    image, weights = node.inputs[0], node.inputs[1]
    if node.kind == "CONV_2D" and (weights.shape[0], weights.shape[3]) != (channels, image.shape[3]):
        findings.add(str(node), "a grouped convolution", "use one group, or DEPTHWISE_CONV_2D")
    has_int64 = len(node.inputs) > 2 and node.inputs[2].dtype == "int64"
    if node.kind == "DEPTHWISE_CONV_2D" and image.dtype == "int16" and not has_int64:
        findings.add(str(node), "int16 activations without an int64 bias", "TFLM reads one: use int64 biases")
    if node.kind == "DEPTHWISE_CONV_2D" and (weights.shape[3] != channels or channels % image.shape[3]):
        findings.add(str(node), f"{channels} outputs of {image.shape[3]} channels", "convert the model again")


def lower_conv_2d(graph: Graph, node: Node, placement: Placement) -> Operation:
    """One window is a FULLY_CONNECTED of its elements; several are a loop around it."""
    image, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    geometry = geometry_of(node)
    if image.dtype == "int16":
        matrix = operators.constant(weights).reshape(weights.shape[0], -1)
        constants = _int16_constants(node, matrix, weights.shape[0])
        pack_int16 = partial(pack_conv_2d_int16, *constants, operators.sums_in_int64(node), geometry)
        return _call_int16(node, placement, geometry.count * matrix.size, pack_int16)
    layer = FullyConnected(
        output.name,
        node.origin,
        placement.span(image, node),
        placement.home(output),
        operators.constant(weights).reshape(weights.shape[0], -1),
        operators.bias(node, weights.shape[0]),
        image.quantization[1],
        operators.channel_requantization(node, weights.shape[0]),
    )
    return _windows_of_layer(layer, geometry)


def _windows_of_layer(layer: FullyConnected, geometry: Geometry) -> Operation:
    if geometry.count == 1 and geometry.is_whole_image:
        return layer
    pack = partial(pack_conv_2d, layer, geometry)
    macs = geometry.count * layer.macs
    return KernelCall(layer.name, layer.origin, (layer.input,), layer.output, pack, macs)


def _int16_constants(
    node: Node, weights: NDArray[np.int8], channels: int
) -> tuple[NDArray[np.int8], NDArray[np.int64], Requantization]:
    rescaling = operators.channel_requantization(node, channels)
    rescaling = widened(rescaling) if operators.sums_in_int64(node) else rescaling
    return weights, operators.wide_bias(node, channels), rescaling


def _call_int16(
    node: Node, placement: Placement, macs: int, pack: Callable[[KernelVariant], PackedOperator]
) -> KernelCall:
    span, output = placement.span(node.inputs[0], node), node.outputs[0]
    return KernelCall(output.name, node.origin, (span,), placement.home(output), pack, macs)


def lower_depthwise(graph: Graph, node: Node, placement: Placement) -> Operation:
    """One window over time is `depthwise_ring`; one input channel is CONV_2D; the rest loops over windows."""
    image, weights = node.inputs[0], node.inputs[1]
    geometry = geometry_of(node)
    channels = weights.shape[3]
    if image.dtype == "int16":
        taps = operators.constant(weights).reshape(-1, channels)
        pack_int16 = partial(pack_depthwise_int16, *_int16_constants(node, taps, channels), geometry)
        return _call_int16(node, placement, geometry.count * taps.size, pack_int16)
    if geometry.channels == 1 and channels > 1:
        layer = FullyConnected(
            node.outputs[0].name,
            node.origin,
            placement.span(image, node),
            placement.home(node.outputs[0]),
            np.ascontiguousarray(operators.constant(weights).reshape(-1, channels).T),
            operators.bias(node, channels),
            image.quantization[1],
            operators.channel_requantization(node, channels),
        )
        return _windows_of_layer(layer, geometry)
    layer_op: DepthwiseConv = operators.lower_depthwise(graph, node, placement)
    if geometry.count == 1 and geometry.is_whole_image and channels == geometry.channels:
        return layer_op
    assert not isinstance(layer_op.window, operators.State), "a ring has one window"
    pack = partial(pack_depthwise_conv_2d, layer_op, geometry)
    macs = geometry.count * layer_op.macs
    return KernelCall(layer_op.name, layer_op.origin, (layer_op.window,), layer_op.output, pack, macs)


CONV_2D = Rule(
    _check,
    (2, 3),
    becomes="kernel `fully_connected` for one window, `conv_2d` for several",
    kernels=("ss_fully_connected_s8", "ss_conv_2d_s8", "ss_conv_2d_s16"),
    reference="`reference_integer_ops::ConvPerChannel`",
    limits="one group",
    lower=lower_conv_2d,
)
DEPTHWISE_CONV_2D = Rule(
    _check,
    (2, 3),
    becomes="kernel `depthwise_ring` for one output over time, `depthwise_conv_2d` for several",
    kernels=(
        "ss_depthwise_ring_s8",
        "ss_depthwise_conv_2d_s8",
        "ss_conv_2d_s8",
        "ss_depthwise_conv_2d_s16",
    ),
    reference="`reference_integer_ops::DepthwiseConvPerChannel`",
    lower=lower_depthwise,
)
