"""CALL_ONCE: the initial values of states."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.checks import check_nothing
from skipstone.firmware.codegen.rule import Rule

RULE = Rule(
    check_nothing,
    (0, 0),
    (0, 0),
    becomes="`ss_reset`",
    reference="`call_once.cc`",
    limits="assigns the zero point to states",
)
