"""RELU."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.table import Pack, quantizations, table_rule
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_requantize
from skipstone.quantize.arithmetic import tables


def _int16(node: Node) -> Pack:
    factor = tables.requantization_multiplier(*quantizations(node))
    return partial(pack_requantize, node.outputs[0].elements, ("int16", "int16"), (0, 0), factor, 0)


RULE = table_rule(
    lambda node: tables.relu_table(*quantizations(node)),
    "`ReluQuantized`",
    kernels=("ss_requantize_s16",),
    make_int16=_int16,
)
