"""What CONCATENATION and PACK share."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.checks import have_equal_quantization


def check_join(node: Node, findings: Findings) -> None:
    """A byte of a part means the same in the whole."""
    for part in node.inputs:
        if part.dtype != node.outputs[0].dtype or not have_equal_quantization(part, node.outputs[0]):
            findings.add(str(node), "parts with different quantizations", "give all parts the output's scale")
            return
