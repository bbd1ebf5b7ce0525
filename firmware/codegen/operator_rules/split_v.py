"""SPLIT_V."""

from __future__ import annotations

from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.view import BECOMES, check_view
from skipstone.firmware.codegen.rewrites.views import constant_numbers
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _shapes(node: Node) -> list[Shape]:
    sizes, axis = constant_numbers(node, 1), constant_numbers(node, 2)[0]
    return shapes.split(node.inputs[0].shape, axis, sizes)


RULE = Rule(
    check_view,
    (3, 3),
    (1, 1000),
    shapes=_shapes,
    becomes=BECOMES,
    reference="`split_v.cc`",
)
