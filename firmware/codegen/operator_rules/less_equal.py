"""LESS_EQUAL of int8."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.comparison import comparison_rule

RULE = comparison_rule("`comparisons.cc`")
