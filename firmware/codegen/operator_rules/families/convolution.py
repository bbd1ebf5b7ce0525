"""What CONV_2D and DEPTHWISE_CONV_2D share: any stride, dilation and padding."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.lowering import layer_parameters
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import FullyConnected, KernelCall, Operation, Requantization
from skipstone.firmware.codegen.operator_rules.families.checks import (
    check_activation,
    check_one_type,
    check_weights,
)
from skipstone.firmware.codegen.packing.convolution import Geometry, pack_conv_2d
from skipstone.firmware.codegen.packing.layers_int16 import widened
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape
from skipstone.quantize.arithmetic.windows import window_positions


def geometry_of(node: Node) -> Geometry:
    """How the windows of a convolution lie in its input."""
    image, weights, options = node.inputs[0], node.inputs[1], node.options
    kernel = (weights.shape[1], weights.shape[2])
    axes = [
        window_positions(
            image.shape[1 + i], kernel[i], options.stride[i], options.dilation[i], options.padding
        )
        for i in range(2)
    ]
    return Geometry(
        batches=image.shape[0],
        image=(image.shape[1], image.shape[2]),
        channels=image.shape[3],
        kernel=kernel,
        stride=options.stride,
        dilation=options.dilation,
        padding=(axes[0][1][0], axes[1][1][0]),
        output=(axes[0][0], axes[1][0]),
    )


def convolution_shapes(channel_axis: int, node: Node) -> list[Shape]:
    """One position a window; axis ``channel_axis`` of the weights are the output channels."""
    image, weights, options = node.inputs[0].shape, node.inputs[1].shape, node.options
    if len(weights) != 4:
        raise ValueError(f"weights {list(weights)}, not of rank 4")
    kernel = (weights[1], weights[2])
    rows, columns = shapes.windows(image, kernel, options.stride, options.dilation, options.padding)
    return [(image[0], rows, columns, weights[channel_axis])]


def check_convolution(node: Node, channel_axis: int, findings: Findings) -> bool:
    """Types and weights; whether the channels can be judged after that."""
    check_activation(node, findings)
    check_one_type(node, findings, [node.inputs[0], node.outputs[0]])
    if any(len(value.shape) != 4 for value in node.inputs[:2]):
        return False  # the shape rule names it
    return check_weights(node, node.inputs[1].shape[channel_axis], findings)


def lower_layer(node: Node, placement: Placement, weights: NDArray[np.int8], geometry: Geometry) -> Operation:
    """One window is a FULLY_CONNECTED of its elements by ``weights`` [out, in]; several loop around it."""
    output, channels = node.outputs[0], len(weights)
    layer = FullyConnected(
        output.name,
        node.origin,
        placement.span(node.inputs[0], node),
        placement.home(output),
        weights,
        layer_parameters.bias(node, channels),
        node.inputs[0].quantization[1],
        layer_parameters.channel_requantization(node, channels),
    )
    if geometry.count == 1 and geometry.is_whole_image:
        return layer
    pack = partial(pack_conv_2d, layer, geometry)
    macs = geometry.count * layer.macs
    return KernelCall(layer.name, layer.origin, (layer.input,), layer.output, pack, macs)


def int16_constants(
    node: Node, weights: NDArray[np.int8], channels: int
) -> tuple[NDArray[np.int8], NDArray[np.int64], Requantization]:
    """Weights, biases and rescaling of a convolution of int16 activations."""
    rescaling = layer_parameters.channel_requantization(node, channels)
    rescaling = widened(rescaling) if layer_parameters.sums_in_int64(node) else rescaling
    return weights, layer_parameters.wide_bias(node, channels), rescaling


def call_int16(
    node: Node, placement: Placement, macs: int, pack: Callable[[KernelVariant], PackedOperator]
) -> KernelCall:
    """The call of a kernel for int16 activations."""
    span, output = placement.span(node.inputs[0], node), node.outputs[0]
    return KernelCall(output.name, node.origin, (span,), placement.home(output), pack, macs)
