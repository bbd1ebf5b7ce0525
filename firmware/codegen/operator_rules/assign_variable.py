"""ASSIGN_VARIABLE: what a state is from that point on (``rewrites/states.py``)."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.checks import check_nothing
from skipstone.firmware.codegen.rule import Rule

RULE = Rule(
    check_nothing,
    (2, 2),
    (0, 0),
    becomes="a row of a ring buffer or rows of a state, which their producer writes there; else a copy",
    reference="`assign_variable.cc`",
)
