"""Operators of one input: a table of 256 bytes for 8 bits, a kernel of their own for int16."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numpy.typing import NDArray
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.rule import (
    WIDTHS,
    Rule,
    check_one_type,
    check_same_shape,
    have_equal_quantization,
)
from skipstone.firmware.codegen.packing.elementwise_int16 import (
    pack_clamp_int16,
    pack_leaky_relu_int16,
    pack_requantize,
    pack_sigmoid_int16,
)
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.firmware.codegen.packing.table import pack_table
from skipstone.firmware.codegen.program import KernelCall
from skipstone.quantize.arithmetic import tables
from skipstone.quantize.arithmetic.fixed_point import LIMITS
from skipstone.quantize.arithmetic.hard_swish import hard_swish_table
from skipstone.quantize.arithmetic.sigmoid16 import OUTPUT_SCALE, sigmoid_multiplier
from skipstone.quantize.arithmetic.tanh import tanh_table

Make = Callable[[Node], NDArray[Any]]
Pack = Callable[[KernelVariant], PackedOperator]
MakeInt16 = Callable[[Node], Pack]
EIGHT_BITS = ("int8", "uint8")


def _check(
    node: Node,
    findings: Findings,
    output: tuple[float, int] | None = None,
    output_int16: tuple[float, int] | None = None,
    types: tuple[str, ...] = WIDTHS,
) -> None:
    if not (check_one_type(node, findings, types=types) and check_same_shape(node, findings)):
        return
    output = output if node.outputs[0].dtype == "int8" else output_int16
    if output is not None and node.outputs[0].quantization != output:
        findings.add(
            str(node),
            f"output quantization {node.outputs[0].quantization}",
            f"use scale 1/{round(1 / output[0])} and zero point {output[1]}",
        )


def _check_relu6(node: Node, findings: Findings) -> None:
    _check(node, findings)
    if not have_equal_quantization(node.inputs[0], node.outputs[0]):
        findings.add(
            str(node), "input and output quantized differently", "quantize both alike, as TFLM needs"
        )


def _check_quantize(node: Node, findings: Findings) -> None:
    ends = (node.inputs[0], node.outputs[0])
    types = WIDTHS if any(value.dtype == "int16" for value in ends) else EIGHT_BITS
    for value in ends:
        if value.dtype not in types or value.scales.size != 1:
            findings.add(
                str(node),
                f"operand '{value.name}' of type {value.dtype}",
                f"quantize to {' or '.join(types)}, one scale",
            )
    check_same_shape(node, findings)


def _lower(
    make: Make, make_int16: MakeInt16 | None, _graph: Graph, node: Node, placement: Placement
) -> KernelCall:
    source, output = node.inputs[0], node.outputs[0]
    span = placement.span(source, node)
    if make_int16 is not None and "int16" in (source.dtype, output.dtype):
        pack = make_int16(node)
    else:
        pack = partial(pack_table, output.elements, make(node))
    return KernelCall(output.name, node.origin, (span,), placement.home(output), pack)


def _ends(node: Node) -> tuple[tuple[float, int], tuple[float, int]]:
    return node.inputs[0].quantization, node.outputs[0].quantization


def _quantize_int16(node: Node) -> Pack:
    source, output = node.inputs[0], node.outputs[0]
    return partial(
        pack_requantize,
        output.elements,
        (source.dtype, output.dtype),
        (source.quantization[1], output.quantization[1]),
        tables.requantization_multiplier(*_ends(node)),
        LIMITS[output.dtype][0],
    )


def _relu_int16(node: Node) -> Pack:
    factor = tables.requantization_multiplier(*_ends(node))
    return partial(pack_requantize, node.outputs[0].elements, ("int16", "int16"), (0, 0), factor, 0)


def _relu6_int16(node: Node) -> Pack:
    limits = tables.relu6_limits(node.inputs[0].quantization, "int16")
    return partial(pack_clamp_int16, node.outputs[0].elements, limits)


def _leaky_relu_int16(node: Node) -> Pack:
    identity, slope = tables.leaky_relu_multipliers(*_ends(node), node.options.alpha)
    return partial(pack_leaky_relu_int16, node.outputs[0].elements, identity, slope)


def _sigmoid_int16(largest_shift: int, node: Node) -> Pack:
    factor = sigmoid_multiplier(node.inputs[0].quantization[0], largest_shift)
    return partial(pack_sigmoid_int16, node.kind.lower(), node.outputs[0].elements, factor)


def _rule(
    make: Make,
    reference: str,
    check: Callable[[Node, Findings], None] = _check,
    kernels: tuple[str, ...] = (),
    make_int16: MakeInt16 | None = None,
) -> Rule:
    return Rule(
        check,
        (1, 1),
        becomes="kernel `table`, in place where it can be",
        kernels=("ss_table_s8", *kernels),
        reference=reference,
        in_place=True,
        lower=partial(_lower, make, make_int16),
    )


LOGISTIC = _rule(
    lambda node: tables.logistic_table(node.inputs[0].quantization),
    "`reference_integer_ops::Logistic`",
    partial(_check, output=(1 / 256, -128), output_int16=(OUTPUT_SCALE, 0)),
    ("ss_logistic_s16",),
    partial(_sigmoid_int16, 0),
)
TANH = _rule(
    lambda node: tanh_table(node.inputs[0].quantization),
    "`reference_integer_ops::Tanh`",
    partial(_check, output=(1 / 128, 0), output_int16=(OUTPUT_SCALE, 0)),
    ("ss_tanh_s16",),
    partial(_sigmoid_int16, 1),
)
RELU = _rule(
    lambda node: tables.relu_table(*_ends(node)),
    "`ReluQuantized`",
    kernels=("ss_requantize_s16",),
    make_int16=_relu_int16,
)
RELU6 = _rule(
    lambda node: tables.relu6_table(node.inputs[0].quantization),
    "`Relu6Quantized`",
    _check_relu6,
    ("ss_clamp_s16",),
    _relu6_int16,
)
LEAKY_RELU = _rule(
    lambda node: tables.leaky_relu_table(*_ends(node), node.options.alpha),
    "`QuantizeLeakyRelu`",
    kernels=("ss_leaky_relu_s16",),
    make_int16=_leaky_relu_int16,
)
HARD_SWISH = _rule(
    lambda node: hard_swish_table(*_ends(node)),
    "`reference_ops::HardSwish`",
    partial(_check, types=("int8",)),
)
QUANTIZE = _rule(
    lambda node: tables.requantization_table(*_ends(node), node.inputs[0].dtype, node.outputs[0].dtype),
    "`reference_ops::Requantize`",
    _check_quantize,
    ("ss_requantize_s8_s16", "ss_requantize_s16_s8", "ss_requantize_s16"),
    _quantize_int16,
)
