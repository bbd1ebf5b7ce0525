"""STRIDED_SLICE."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.view import BECOMES, check_view
from skipstone.firmware.codegen.rewrites.views import constant_numbers
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _check(node: Node, findings: Findings) -> None:
    check_view(node, findings)
    if node.options.ellipsis_mask or node.options.new_axis_mask:
        findings.add(str(node), "an ellipsis or a new axis", "begin, end and stride for every axis; RESHAPE")


def _shapes(node: Node) -> list[Shape]:
    bounds = [constant_numbers(node, position) for position in (1, 2, 3)]
    masks = (node.options.begin_mask, node.options.end_mask)
    return [shapes.strided_slice(node.inputs[0].shape, bounds, masks, node.options.shrink_axis_mask)]


RULE = Rule(
    _check,
    (4, 4),
    shapes=_shapes,
    becomes=BECOMES,
    reference="`reference_ops::StridedSlice`",
    limits="no ellipsis, no new axis",
)
