"""SPLIT."""

from __future__ import annotations

from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.view import BECOMES, check_view
from skipstone.firmware.codegen.rewrites.views import constant_numbers
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _shapes(node: Node) -> list[Shape]:
    axis, parts, source = constant_numbers(node, 0)[0], len(node.outputs), node.inputs[1].shape
    if not -len(source) <= axis < len(source) or source[axis] % parts:
        raise ValueError(f"{parts} equal parts of {list(source)} along axis {axis}")
    return shapes.split(source, axis, [source[axis] // parts] * parts)


RULE = Rule(
    check_view,
    (2, 2),
    (1, 1000),
    shapes=_shapes,
    becomes=BECOMES,
    reference="`split.cc`",
)
