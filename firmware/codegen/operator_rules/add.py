"""ADD; behind a layer it becomes part of that layer's kernel (``lowering/residual.py``)."""

from __future__ import annotations

from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import Add, Operation
from skipstone.firmware.codegen.operator_rules.families.broadcast import (
    broadcast_rule,
    operands,
    output_range,
    sum_int16,
)
from skipstone.quantize.arithmetic.addition import add_parameters


def _lower(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    operations, a, b = operands(node, placement)
    output = node.outputs[0]
    if output.dtype == "int16":
        return [*operations, sum_int16(node, a, b, placement)]
    left, right = (value.quantization for value in node.inputs)
    parameters = add_parameters(left, right, output.quantization)
    home = placement.home(output)
    return [*operations, Add(output.name, node.origin, a, b, home, parameters, *output_range(node))]


RULE = broadcast_rule("add", "`reference_integer_ops::Add`", _lower)
