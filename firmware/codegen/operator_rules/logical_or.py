"""LOGICAL_OR."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.logical import logical_rule

RULE = logical_rule("`logical.cc`")
