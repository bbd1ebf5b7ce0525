"""SLICE."""

from __future__ import annotations

from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.view import BECOMES, check_view
from skipstone.firmware.codegen.rewrites.views import constant_numbers
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _shapes(node: Node) -> list[Shape]:
    begin, size = (constant_numbers(node, position) for position in (1, 2))
    return [shapes.sliced(node.inputs[0].shape, begin, size)]


RULE = Rule(
    check_view,
    (3, 3),
    shapes=_shapes,
    becomes=BECOMES,
    reference="`reference_ops::Slice`",
)
