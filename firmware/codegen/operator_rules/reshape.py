"""RESHAPE."""

from __future__ import annotations

from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.view import check_view
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _shapes(node: Node) -> list[Shape]:
    return [shapes.reshaped(node.inputs[0].shape, node.outputs[0].shape)]


RULE = Rule(
    check_view,
    (1, 2),
    shapes=_shapes,
    becomes="nothing",
    reference="`reshape.cc`",
)
