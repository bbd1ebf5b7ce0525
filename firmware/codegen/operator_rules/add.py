"""ADD; behind a layer it becomes part of that layer's kernel (``lowering/residual.py``)."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.buffers import Span
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operations import Add, Operation
from skipstone.firmware.codegen.operator_rules.families.broadcast import (
    broadcast_rule,
    lower_sum,
    output_range,
)
from skipstone.quantize.arithmetic.addition import AddParameters


def _add(node: Node, a: Span, b: Span, home: Span, parameters: AddParameters) -> Operation:
    return Add(node.outputs[0].name, node.origin, a, b, home, parameters, *output_range(node))


RULE = broadcast_rule("add", "`reference_integer_ops::Add`", partial(lower_sum, _add))
