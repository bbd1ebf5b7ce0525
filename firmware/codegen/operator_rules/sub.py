"""SUB."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall, Operation
from skipstone.firmware.codegen.operator_rules.families.broadcast import (
    broadcast_rule,
    operands,
    output_range,
    sum_int16,
)
from skipstone.firmware.codegen.packing.elementwise import pack_sub
from skipstone.quantize.arithmetic.addition import add_parameters


def _lower(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    operations, a, b = operands(node, placement)
    output = node.outputs[0]
    if output.dtype == "int16":
        return [*operations, sum_int16(node, a, b, placement)]
    left, right = (value.quantization for value in node.inputs)
    parameters = add_parameters(left, right, output.quantization)
    pack = partial(pack_sub, output.elements, parameters, output_range(node))
    return [*operations, KernelCall(output.name, node.origin, (a, b), placement.home(output), pack)]


RULE = broadcast_rule("sub", "`reference_ops::Sub`", _lower)
