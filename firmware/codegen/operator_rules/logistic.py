"""LOGISTIC."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.operator_rules.families.table import check_unary, sigmoid_int16, table_rule
from skipstone.quantize.arithmetic.sigmoid16 import OUTPUT_SCALE
from skipstone.quantize.arithmetic.tables import logistic_table

RULE = table_rule(
    lambda node: logistic_table(node.inputs[0].quantization),
    "`reference_integer_ops::Logistic`",
    partial(check_unary, output=(1 / 256, -128), output_int16=(OUTPUT_SCALE, 0)),
    ("ss_logistic_s16",),
    partial(sigmoid_int16, 0),
)
