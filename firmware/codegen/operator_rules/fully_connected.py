"""FULLY_CONNECTED."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering import operators
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.rule import Rule, check_activation, check_weights
from skipstone.firmware.codegen.packing.convolution import Geometry, pack_conv_2d
from skipstone.firmware.codegen.program import FullyConnected, KernelCall, Operation


def check(node: Node, findings: Findings) -> None:
    """Weights are [out, in]; the input is one or several rows of ``in``."""
    check_activation(node, findings)
    shape = node.inputs[1].shape
    if len(shape) != 2:
        findings.add(str(node), "weights that are no matrix", "store them as [out, in]")
        return
    check_weights(node, shape[0], findings, ("int8", "int4"))
    if node.inputs[1].dtype == "int4" and node.inputs[1].scales.size > 1:
        findings.add(str(node), "int4 weights with one scale a channel, which TFLM refuses", "use one scale")
    rows, rest = divmod(node.inputs[0].elements, shape[1])
    if rest or node.outputs[0].elements != rows * shape[0]:
        findings.add(str(node), "weights that do not fit input and output", "convert the model again")
    if node.options.shuffled_weights:
        findings.add(str(node), "shuffled weights", "export without the shuffled weight format")


def lower(graph: Graph, node: Node, placement: Placement) -> Operation:
    """One row is one kernel call; several are the windows of a 1 × 1 convolution."""
    layer: FullyConnected = operators.lower_fully_connected(graph, node, placement)
    size = layer.weights.shape[1]
    rows = node.inputs[0].elements // size
    if rows == 1:
        return layer
    geometry = Geometry.of_rows(rows, size)
    pack = partial(pack_conv_2d, layer, geometry)
    return KernelCall(layer.name, layer.origin, (layer.input,), layer.output, pack, rows * layer.macs)


RULE = Rule(
    check,
    (2, 3),
    becomes="kernel `fully_connected`; `conv_2d` for several rows",
    kernels=("ss_fully_connected_s8", "ss_fully_connected_s4", "ss_conv_2d_s8"),
    reference="`reference_integer_ops::FullyConnected`",
    lower=lower,
)
