"""QUANTIZE inside a model: between int8, uint8 and int16, or to another scale."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.checks import WIDTHS
from skipstone.firmware.codegen.operator_rules.families.table import Pack, quantizations, table_rule
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_requantize
from skipstone.quantize.arithmetic import tables
from skipstone.quantize.arithmetic.fixed_point import LIMITS

EIGHT_BITS = ("int8", "uint8")


def _check(node: Node, findings: Findings) -> None:
    ends = (node.inputs[0], node.outputs[0])
    types = WIDTHS if any(value.dtype == "int16" for value in ends) else EIGHT_BITS
    for value in ends:
        if value.dtype not in types or value.scales.size != 1:
            findings.add(
                str(node),
                f"operand '{value.name}' of type {value.dtype}",
                f"quantize to {' or '.join(types)}, one scale",
            )


def _int16(node: Node) -> Pack:
    source, output = node.inputs[0], node.outputs[0]
    return partial(
        pack_requantize,
        output.elements,
        (source.dtype, output.dtype),
        (source.quantization[1], output.quantization[1]),
        tables.requantization_multiplier(*quantizations(node)),
        LIMITS[output.dtype][0],
    )


RULE = table_rule(
    lambda node: tables.requantization_table(
        *quantizations(node), node.inputs[0].dtype, node.outputs[0].dtype
    ),
    "`reference_ops::Requantize`",
    _check,
    ("ss_requantize_s8_s16", "ss_requantize_s16_s8", "ss_requantize_s16"),
    _int16,
)
