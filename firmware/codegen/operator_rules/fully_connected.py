"""FULLY_CONNECTED."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering import layer_parameters
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import FullyConnected, KernelCall, Operation
from skipstone.firmware.codegen.operator_rules.families.checks import (
    check_activation,
    check_one_type,
    check_weights,
)
from skipstone.firmware.codegen.packing.convolution import Geometry, pack_conv_2d
from skipstone.firmware.codegen.packing.layers_int16 import (
    pack_conv_2d_int16,
    pack_fully_connected_int16,
    widened,
)
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _check(node: Node, findings: Findings) -> None:
    """Weights are [out, in]; the input is one or several rows of ``in``."""
    check_activation(node, findings)
    shape = node.inputs[1].shape
    if len(shape) != 2:
        findings.add(str(node), "weights that are no matrix", "store them as [out, in]")
        return
    check_weights(node, shape[0], findings, ("int8", "int4"))
    if node.inputs[1].dtype == "int4" and node.inputs[0].dtype == "int16":
        findings.add(str(node), "int4 weights with int16 activations", "use int8 weights")
    check_one_type(node, findings, [node.inputs[0], node.outputs[0]])
    if node.inputs[1].dtype == "int4" and node.inputs[1].scales.size > 1:
        findings.add(str(node), "int4 weights with one scale a channel, which TFLM refuses", "use one scale")
    if node.options.shuffled_weights:
        findings.add(str(node), "shuffled weights", "export without the shuffled weight format")


def _shapes(node: Node) -> list[Shape]:
    source, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    return [shapes.fully_connected(source.shape, weights.shape, output.shape)]


def _lower(_graph: Graph, node: Node, placement: Placement) -> Operation:
    """One row is one kernel call; several are the windows of a 1 × 1 convolution."""
    if node.inputs[0].dtype == "int16":
        return _lower_int16(node, placement)
    layer = _layer(node, placement)
    size = layer.weights.shape[1]
    rows = node.inputs[0].elements // size
    if rows == 1:
        return layer
    geometry = Geometry.of_rows(rows, size)
    pack = partial(pack_conv_2d, layer, geometry)
    return KernelCall(layer.name, layer.origin, (layer.input,), layer.output, pack, rows * layer.macs)


def _layer(node: Node, placement: Placement) -> FullyConnected:
    """One weight scale and several go through different multipliers, as in TFLM."""
    source, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    return FullyConnected(
        output.name,
        node.origin,
        placement.span(source, node),
        placement.home(output),
        layer_parameters.constant(weights).reshape(weights.shape),
        layer_parameters.bias(node, weights.shape[0]),
        source.quantization[1],
        layer_parameters.product_requantization(node),
        4 if weights.dtype == "int4" else 8,
    )


def _lower_int16(node: Node, placement: Placement) -> Operation:
    source, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    rows = source.elements // weights.shape[1]
    matrix, bias = layer_parameters.constant(weights), layer_parameters.wide_bias(node, weights.shape[0])
    rescaling, is_wide = layer_parameters.product_requantization(node), layer_parameters.sums_in_int64(node)
    rescaling = widened(rescaling) if is_wide else rescaling
    pack = partial(pack_fully_connected_int16, matrix, bias, rescaling, is_wide)
    if rows > 1:
        geometry = Geometry.of_rows(rows, weights.shape[1])
        pack = partial(pack_conv_2d_int16, matrix, bias, rescaling, is_wide, geometry)
    span = placement.span(source, node)
    work = rows * weights.elements
    return KernelCall(output.name, node.origin, (span,), placement.home(output), pack, work)


RULE = Rule(
    _check,
    (2, 3),
    shapes=_shapes,
    becomes="kernel `fully_connected`; `fully_connected_add` with the residual ADD behind it; `conv_2d` for "
    "several rows",
    kernels=(
        "ss_fully_connected_s8",
        "ss_fully_connected_add_s8",
        "ss_fully_connected_s4",
        "ss_conv_2d_s8",
        "ss_fully_connected_s16",
        "ss_conv_2d_s16",
    ),
    reference="`reference_integer_ops::FullyConnected`",
    lower=_lower,
)
