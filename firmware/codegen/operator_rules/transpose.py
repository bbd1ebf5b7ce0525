"""TRANSPOSE."""

from __future__ import annotations

from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.view import BECOMES, check_view
from skipstone.firmware.codegen.rewrites.views import constant_numbers
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _shapes(node: Node) -> list[Shape]:
    return [shapes.transposed(node.inputs[0].shape, constant_numbers(node, 1))]


RULE = Rule(
    check_view,
    (2, 2),
    shapes=_shapes,
    becomes=BECOMES,
    reference="`reference_ops::Transpose`",
)
