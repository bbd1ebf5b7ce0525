"""Operators of one input: a table of 256 bytes for 8 bits, a kernel of their own for int16."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numpy.typing import NDArray
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall
from skipstone.firmware.codegen.operator_rules.families.checks import WIDTHS, check_one_type, shape_of_input
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_sigmoid_int16
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.firmware.codegen.packing.table import pack_table
from skipstone.firmware.codegen.rule import Check, Rule
from skipstone.quantize.arithmetic.sigmoid16 import sigmoid_multiplier

Pack = Callable[[KernelVariant], PackedOperator]
MakeTable = Callable[[Node], NDArray[Any]]
"""The output byte of every input byte, of a node."""
MakeInt16 = Callable[[Node], Pack]


def check_unary(
    node: Node,
    findings: Findings,
    output: tuple[float, int] | None = None,
    output_int16: tuple[float, int] | None = None,
    types: tuple[str, ...] = WIDTHS,
) -> None:
    """One type; the output's quantization is ``output``, where that is given."""
    if not check_one_type(node, findings, types=types):
        return
    output = output if node.outputs[0].dtype == "int8" else output_int16
    if output is not None and node.outputs[0].quantization != output:
        findings.add(
            str(node),
            f"output quantization {node.outputs[0].quantization}",
            f"use scale 1/{round(1 / output[0])} and zero point {output[1]}",
        )


def quantizations(node: Node) -> tuple[tuple[float, int], tuple[float, int]]:
    """``(scale, zero_point)`` of input and output."""
    return node.inputs[0].quantization, node.outputs[0].quantization


def sigmoid_int16(largest_shift: int, node: Node) -> Pack:
    """LOGISTIC or TANH of int16, whose kernel reads the input shifted by at most ``largest_shift``."""
    factor = sigmoid_multiplier(node.inputs[0].quantization[0], largest_shift)
    return partial(pack_sigmoid_int16, node.kind.lower(), node.outputs[0].elements, factor)


def _lower(
    make: MakeTable, make_int16: MakeInt16 | None, _graph: Graph, node: Node, placement: Placement
) -> KernelCall:
    source, output = node.inputs[0], node.outputs[0]
    span = placement.span(source, node)
    if make_int16 is not None and "int16" in (source.dtype, output.dtype):
        pack = make_int16(node)
    else:
        pack = partial(pack_table, output.elements, make(node))
    return KernelCall(output.name, node.origin, (span,), placement.home(output), pack)


def table_rule(
    make: MakeTable,
    reference: str,
    check: Check = check_unary,
    kernels: tuple[str, ...] = (),
    make_int16: MakeInt16 | None = None,
) -> Rule:
    """The declaration of an operator of this family.

    Args:
        make: makes the table.
        reference: TFLM's kernel.
        check: records what is wrong with a node.
        kernels: those of int16, beside ``ss_table_s8``.
        make_int16: makes what packs the kernel of int16; ``None`` where there is none.
    """
    return Rule(
        check,
        (1, 1),
        shapes=shape_of_input,
        becomes="kernel `table`, in place where it can be",
        kernels=("ss_table_s8", *kernels),
        reference=reference,
        in_place=True,
        lower=partial(_lower, make, make_int16),
    )
