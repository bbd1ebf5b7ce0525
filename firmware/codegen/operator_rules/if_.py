"""IF: a gated block (``rewrites/gates.py``)."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.checks import check_nothing
from skipstone.firmware.codegen.rule import Rule

RULE = Rule(
    check_nothing,
    (1, 1000),
    (1, 1000),
    becomes="`if (gates[i]) block(…)`; else: nothing",
    reference="`if.cc`",
    limits="a gated block of the main graph, as `skipstone convert` writes it",
)
