"""Operators of one 8-bit input that are a table of 256 bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numpy.typing import NDArray
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.rule import (
    Rule,
    check_int8,
    check_same_shape,
    have_equal_quantization,
)
from skipstone.firmware.codegen.packing.table import pack_table
from skipstone.firmware.codegen.program import KernelCall
from skipstone.quantize.arithmetic import tables
from skipstone.quantize.arithmetic.hard_swish import hard_swish_table
from skipstone.quantize.arithmetic.tanh import tanh_table

Make = Callable[[Node], NDArray[Any]]
EIGHT_BITS = ("int8", "uint8")


def _check(node: Node, findings: Findings, output: tuple[float, int] | None) -> None:
    if not (check_int8(node, findings) and check_same_shape(node, findings)):
        return
    if output is not None and node.outputs[0].quantization != output:
        findings.add(
            str(node),
            f"output quantization {node.outputs[0].quantization}",
            f"use scale 1/{round(1 / output[0])} and zero point {output[1]}",
        )


def _check_relu6(node: Node, findings: Findings) -> None:
    _check(node, findings, None)
    if not have_equal_quantization(node.inputs[0], node.outputs[0]):
        findings.add(
            str(node), "input and output quantized differently", "quantize both alike, as TFLM needs"
        )


def _check_quantize(node: Node, findings: Findings) -> None:
    for value in (node.inputs[0], node.outputs[0]):
        if value.dtype not in EIGHT_BITS or value.scales.size != 1:
            findings.add(
                str(node),
                f"operand '{value.name}' of type {value.dtype}",
                "quantize to int8 or uint8, one scale",
            )
    check_same_shape(node, findings)


def _lower(make: Make, _graph: Graph, node: Node, placement: Placement) -> KernelCall:
    source, output = node.inputs[0], node.outputs[0]
    span = placement.span(source, node)
    pack = partial(pack_table, output.elements, make(node))
    return KernelCall(output.name, node.origin, (span,), placement.home(output), pack)


def _ends(node: Node) -> tuple[tuple[float, int], tuple[float, int]]:
    return node.inputs[0].quantization, node.outputs[0].quantization


def _rule(
    make: Make,
    reference: str,
    output: tuple[float, int] | None = None,
    check: Callable[[Node, Findings], None] | None = None,
) -> Rule:
    return Rule(
        check or partial(_check, output=output),
        (1, 1),
        becomes="kernel `table`, in place where it can be",
        kernels=("ss_table_s8",),
        reference=reference,
        in_place=True,
        lower=partial(_lower, make),
    )


LOGISTIC = _rule(
    lambda node: tables.logistic_table(node.inputs[0].quantization),
    "`reference_integer_ops::Logistic`",
    (1 / 256, -128),
)
TANH = _rule(
    lambda node: tanh_table(node.inputs[0].quantization), "`reference_integer_ops::Tanh`", (1 / 128, 0)
)
RELU = _rule(lambda node: tables.relu_table(*_ends(node)), "`ReluQuantized`")
RELU6 = _rule(
    lambda node: tables.relu6_table(node.inputs[0].quantization), "`Relu6Quantized`", check=_check_relu6
)
LEAKY_RELU = _rule(
    lambda node: tables.leaky_relu_table(*_ends(node), node.options.alpha), "`QuantizeLeakyRelu`"
)
HARD_SWISH = _rule(lambda node: hard_swish_table(*_ends(node)), "`reference_ops::HardSwish`")
QUANTIZE = _rule(
    lambda node: tables.requantization_table(*_ends(node), node.inputs[0].dtype, node.outputs[0].dtype),
    "`reference_ops::Requantize`",
    check=_check_quantize,
)
