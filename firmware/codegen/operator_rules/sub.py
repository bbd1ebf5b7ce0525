"""SUB."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.buffers import Span
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operations import KernelCall, Operation
from skipstone.firmware.codegen.operator_rules.families.broadcast import (
    broadcast_rule,
    lower_sum,
    output_range,
)
from skipstone.firmware.codegen.packing.elementwise import pack_sub
from skipstone.quantize.arithmetic.addition import AddParameters


def _sub(node: Node, a: Span, b: Span, home: Span, parameters: AddParameters) -> Operation:
    output = node.outputs[0]
    pack = partial(pack_sub, output.elements, parameters, output_range(node))
    return KernelCall(output.name, node.origin, (a, b), home, pack)


RULE = broadcast_rule("sub", "`reference_ops::Sub`", partial(lower_sum, _sub))
