"""LESS: the condition of a loop that counts (``rewrites/loops.py``)."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.rule import Rule


def _check(node: Node, findings: Findings) -> None:
    findings.add(str(node), "LESS outside the condition of a loop", "compare with GREATER and a constant")


RULE = Rule(
    _check,
    (2, 2),
    becomes="nothing",
    reference="`reference_ops::Less`",
    limits="the condition of a loop that counts",
)
