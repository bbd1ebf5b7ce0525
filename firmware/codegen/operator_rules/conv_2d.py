"""CONV_2D of any stride, dilation and padding."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering import layer_parameters
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import Operation
from skipstone.firmware.codegen.operator_rules.families.convolution import (
    call_int16,
    check_convolution,
    convolution_shapes,
    geometry_of,
    int16_constants,
    lower_layer,
)
from skipstone.firmware.codegen.packing.layers_int16 import pack_conv_2d_int16
from skipstone.firmware.codegen.rule import Rule


def _check(node: Node, findings: Findings) -> None:
    if not check_convolution(node, 0, findings):
        return
    if node.inputs[1].shape[3] != node.inputs[0].shape[3]:
        findings.add(str(node), "a grouped convolution", "use one group, or DEPTHWISE_CONV_2D")


def _lower(_graph: Graph, node: Node, placement: Placement) -> Operation:
    """One window is a FULLY_CONNECTED of its elements; several are a loop around it."""
    geometry = geometry_of(node)
    channels = node.inputs[1].shape[0]
    matrix = layer_parameters.constant(node.inputs[1]).reshape(channels, -1)
    if node.inputs[0].dtype != "int16":
        return lower_layer(node, placement, matrix, geometry)
    constants = int16_constants(node, matrix, channels)
    pack = partial(pack_conv_2d_int16, *constants, layer_parameters.sums_in_int64(node), geometry)
    return call_int16(node, placement, geometry.count * matrix.size, pack)


RULE = Rule(
    _check,
    (2, 3),
    shapes=partial(convolution_shapes, 0),
    becomes="kernel `fully_connected` for one window, `conv_2d` for several",
    kernels=("ss_fully_connected_s8", "ss_conv_2d_s8", "ss_conv_2d_s16"),
    reference="`reference_integer_ops::ConvPerChannel`",
    limits="one group",
    lower=_lower,
)
