"""TANH."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.operator_rules.families.table import check_unary, sigmoid_int16, table_rule
from skipstone.quantize.arithmetic.sigmoid16 import OUTPUT_SCALE
from skipstone.quantize.arithmetic.tanh import tanh_table

RULE = table_rule(
    lambda node: tanh_table(node.inputs[0].quantization),
    "`reference_integer_ops::Tanh`",
    partial(check_unary, output=(1 / 128, 0), output_int16=(OUTPUT_SCALE, 0)),
    ("ss_tanh_s16",),
    partial(sigmoid_int16, 1),
)
