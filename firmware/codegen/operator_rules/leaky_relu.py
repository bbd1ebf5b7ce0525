"""LEAKY_RELU."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.table import Pack, quantizations, table_rule
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_leaky_relu_int16
from skipstone.quantize.arithmetic import tables


def _int16(node: Node) -> Pack:
    identity, slope = tables.leaky_relu_multipliers(*quantizations(node), node.options.alpha)
    return partial(pack_leaky_relu_int16, node.outputs[0].elements, identity, slope)


RULE = table_rule(
    lambda node: tables.leaky_relu_table(*quantizations(node), node.options.alpha),
    "`QuantizeLeakyRelu`",
    kernels=("ss_leaky_relu_s16",),
    make_int16=_int16,
)
