"""MINIMUM."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.broadcast import broadcast_rule, lower_extremum

RULE = broadcast_rule("minimum", "`MinimumOp`", lower_extremum, has_activation=False)
