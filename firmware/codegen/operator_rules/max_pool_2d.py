"""MAX_POOL_2D."""

from __future__ import annotations

from skipstone.firmware.codegen.operator_rules.families.pooling import pool_rule

RULE = pool_rule("max_pool", "`reference_integer_ops::MaxPool`")
