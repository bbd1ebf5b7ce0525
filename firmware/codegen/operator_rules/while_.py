"""WHILE; a loop that counts has become a ``LOOP`` node before the checks (``rewrites/loops.py``)."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.checks import check_nothing
from skipstone.firmware.codegen.rule import Rule

RULE = Rule(
    check_nothing,
    (1, 1000),
    (1, 1000),
    becomes="`for`, with the counter in a register",
    reference="`while.cc`",
    limits="an int32 counts from, by and to constants; no resource variables inside",
)
