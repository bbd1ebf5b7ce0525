"""Operators that show elements of one input in another order: nothing is computed."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.checks import check_constant
from skipstone.firmware.codegen.rewrites.views import source_of

BECOMES = "nothing; one copy where a kernel needs the bytes in one piece"


def check_view(node: Node, findings: Findings) -> None:
    """Everything but the source is constant, and the type stays."""
    constants = [position for position, value in enumerate(node.inputs) if value is not source_of(node)]
    what = "its shape, axis, permutation, begin, size or indices"
    if not all(check_constant(node, position, what, findings) for position in constants):
        return
    source = source_of(node)
    if any(value.dtype != source.dtype for value in node.outputs):
        findings.add(str(node), f"it turns {source.dtype} into another type", "use QUANTIZE")
