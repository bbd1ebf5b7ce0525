"""HARD_SWISH, which TFLM has for int8 only."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.operator_rules.families.table import check_unary, quantizations, table_rule
from skipstone.quantize.arithmetic.hard_swish import hard_swish_table

RULE = table_rule(
    lambda node: hard_swish_table(*quantizations(node)),
    "`reference_ops::HardSwish`",
    partial(check_unary, types=("int8",)),
)
