"""SPLIT."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.view import BECOMES, check_view
from skipstone.firmware.codegen.rule import Rule

RULE = Rule(
    check_view,
    (2, 2),
    (1, 1000),
    becomes=BECOMES,
    reference="`split.cc`",
)
