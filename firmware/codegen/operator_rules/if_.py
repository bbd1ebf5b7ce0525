"""IF: a gated block (``rewrites/gates.py``) or a branch (``rewrites/branches.py``)."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.checks import check_nothing
from skipstone.firmware.codegen.rule import Rule

RULE = Rule(
    check_nothing,
    (1, 1000),
    (0, 1000),
    becomes="`if (gates[i]) block(…)` for a gated block, else `if (condition) { … } else { … }`",
    reference="`if.cc`",
    limits="the condition is no input of the model; what a gate switches passes through when shut",
)
