"""PACK: CONCATENATION along an axis that the parts do not have."""

from __future__ import annotations

from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.join import check_join
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _shapes(node: Node) -> list[Shape]:
    return [shapes.packed([part.shape for part in node.inputs], node.options.axis)]


RULE = Rule(
    check_join,
    (1, 1000),
    shapes=_shapes,
    becomes="as CONCATENATION",
    reference="`pack.cc`",
)
