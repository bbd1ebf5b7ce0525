"""UNPACK."""

from __future__ import annotations

from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.view import BECOMES, check_view
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _shapes(node: Node) -> list[Shape]:
    return shapes.unpacked(node.inputs[0].shape, node.options.axis, len(node.outputs))


RULE = Rule(
    check_view,
    (1, 1),
    (1, 1000),
    shapes=_shapes,
    becomes=BECOMES,
    reference="`unpack.cc`",
)
