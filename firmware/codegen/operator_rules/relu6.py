"""RELU6."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.checks import have_equal_quantization
from skipstone.firmware.codegen.operator_rules.families.table import Pack, check_unary, table_rule
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_clamp_int16
from skipstone.quantize.arithmetic import tables


def _check(node: Node, findings: Findings) -> None:
    check_unary(node, findings)
    if not have_equal_quantization(node.inputs[0], node.outputs[0]):
        findings.add(
            str(node), "input and output quantized differently", "quantize both alike, as TFLM needs"
        )


def _int16(node: Node) -> Pack:
    limits = tables.relu6_limits(node.inputs[0].quantization, "int16")
    return partial(pack_clamp_int16, node.outputs[0].elements, limits)


RULE = table_rule(
    lambda node: tables.relu6_table(node.inputs[0].quantization),
    "`Relu6Quantized`",
    _check,
    ("ss_clamp_s16",),
    _int16,
)
