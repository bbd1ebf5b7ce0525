"""WHILE and its condition; a loop that counts has become a ``LOOP`` node before these checks."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.rule import Rule, check_nothing


def _check_less(node: Node, findings: Findings) -> None:
    findings.add(str(node), "LESS outside the condition of a loop", "compare with GREATER and a constant")


WHILE = Rule(
    check_nothing,
    (1, 1000),
    (1, 1000),
    becomes="`for`, with the counter in a register",
    reference="`while.cc`",
    limits="an int32 counts from, by and to constants; no gates or resource variables inside",
)
LESS = Rule(
    _check_less,
    (2, 2),
    becomes="nothing",
    reference="`reference_ops::Less`",
    limits="the condition of a loop that counts",
)
