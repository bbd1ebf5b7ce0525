"""RESHAPE."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.view import check_view
from skipstone.firmware.codegen.rule import Rule

RULE = Rule(
    check_view,
    (1, 2),
    becomes="nothing",
    reference="`reshape.cc`",
)
