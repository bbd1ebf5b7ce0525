"""GATHER by constant indices; by the last tokens of a transducer it becomes an ``EMBEDDING`` node before."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.view import BECOMES, check_view
from skipstone.firmware.codegen.rule import Rule


def _check(node: Node, findings: Findings) -> None:
    check_view(node, findings)
    if node.inputs[0].dtype == "int16":
        findings.add(str(node), "int16, which TFLM's GATHER does not have", "gather int8 values")


RULE = Rule(
    _check,
    (2, 2),
    becomes=BECOMES,
    reference="`gather.cc`",
    limits="int8, constant indices, no batch dimensions",
)
