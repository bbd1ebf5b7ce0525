"""AVERAGE_POOL_2D."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.pooling import pool_rule

RULE = pool_rule("average_pool", "`reference_integer_ops::AveragePool`")
