"""LESS of int8; as the condition of a loop that counts (``rewrites/loops.py``) it is gone by now."""

from __future__ import annotations

from dataclasses import replace

from skipstone.firmware.codegen.operator_rules.families.comparison import comparison_rule

RULE = replace(
    comparison_rule("`reference_ops::Less`"),
    limits="int8 with scales below 1; int32 in the condition of a loop that counts",
)
