"""CONCATENATION; parts are computed in their places where that is possible (``lowering/joins.py``)."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.join import check_join
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _check(node: Node, findings: Findings) -> None:
    if node.options.activation != "none":
        findings.add(
            str(node), f"fused activation {node.options.activation}", "fuse it into another operator"
        )
    check_join(node, findings)


def _shapes(node: Node) -> list[Shape]:
    return [shapes.concatenated([part.shape for part in node.inputs], node.options.axis)]


RULE = Rule(
    _check,
    (1, 1000),
    shapes=_shapes,
    becomes="a window of a state, or places in the arena that the parts "
    "are computed in; copies where that is not possible",
    reference="`reference_ops::Concatenation`",
    limits="one quantization, no fused activation",
)
