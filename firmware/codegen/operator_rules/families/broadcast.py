"""ADD, SUB, MUL, MAXIMUM, MINIMUM: two operands, element by element, broadcast where shapes differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from skipstone.firmware.codegen.buffers import Buffer, Role, Span
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node, Value
from skipstone.firmware.codegen.lowering.copies import copy_elements
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall, Operation
from skipstone.firmware.codegen.operator_rules.families.checks import check_activation, check_one_type
from skipstone.firmware.codegen.packing.elementwise import pack_extremum
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_extremum_int16, pack_sum_int16
from skipstone.firmware.codegen.rule import Lowering, Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.addition import LEFT_SHIFT_16, AddParameters, add_parameters
from skipstone.quantize.arithmetic.fixed_point import activation_range
from skipstone.quantize.arithmetic.shapes import Shape


def check_with_activation(node: Node, findings: Findings) -> None:
    """One type throughout, and a fused activation that is a clamp."""
    check_activation(node, findings)
    check_one_type(node, findings)


def check_without_activation(node: Node, findings: Findings) -> None:
    """One type throughout."""
    check_one_type(node, findings)


def broadcast_shapes(node: Node) -> list[Shape]:
    """The shape that all operands are broadcast to."""
    return [shapes.broadcast(*(value.shape for value in node.inputs))]


def operands(node: Node, placement: Placement) -> tuple[list[Operation], Span, Span]:
    """Both operands with the output's number of elements, and the copies that make them so.

    An operator of one operand gets it twice.
    """
    operations: list[Operation] = []
    spans = [_operand(node, value, placement, operations) for value in node.inputs]
    return operations, spans[0], spans[-1]


def _operand(node: Node, value: Value, placement: Placement, operations: list[Operation]) -> Span:
    """Constants are spread out in flash, everything else by a copy."""
    output = node.outputs[0]
    if value.elements == output.elements:
        return placement.span(value, node)
    if value.data is not None:
        data = np.ascontiguousarray(np.broadcast_to(value.data.reshape(value.shape), output.shape)).ravel()
        constant = Buffer(value.name, data.nbytes, Role.CONSTANT, data=data, width=value.width)
        return Span(constant, 0, data.nbytes)
    elements = np.broadcast_to(np.arange(value.elements).reshape(value.shape), output.shape).ravel()
    wide = Buffer(f"{value.name}/wide", output.bytes, width=output.width)
    target = Span(wide, 0, output.bytes)
    source, places = placement.span(value, node), np.arange(output.elements)
    operations += copy_elements(source, elements, target, places, wide.name, node)
    return target


def output_range(node: Node) -> tuple[int, int]:
    """Smallest and largest output under the fused activation."""
    output = node.outputs[0]
    return activation_range(node.options.activation, *output.quantization, output.dtype)


SumInt8 = Callable[[Node, Span, Span, Span, AddParameters], Operation]
"""ADD or SUB of int8: operands, where the output belongs, and how they are scaled."""


def lower_sum(make_int8: SumInt8, _graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """ADD and SUB; those of int8 are made by ``make_int8``."""
    operations, a, b = operands(node, placement)
    output = node.outputs[0]
    if output.dtype == "int16":
        return [*operations, _sum_int16(node, a, b, placement)]
    left, right = (value.quantization for value in node.inputs)
    parameters = add_parameters(left, right, output.quantization)
    return [*operations, make_int8(node, a, b, placement.home(output), parameters)]


def _sum_int16(node: Node, a: Span, b: Span, placement: Placement) -> KernelCall:
    output = node.outputs[0]
    ends = [value.quantization for value in (*node.inputs, output)]
    parameters = add_parameters(ends[0], ends[1], ends[2], LEFT_SHIFT_16)
    pack = partial(pack_sum_int16, node.kind.lower(), output.elements, parameters, output_range(node))
    return KernelCall(output.name, node.origin, (a, b), placement.home(output), pack)


def lower_extremum(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """MAXIMUM and MINIMUM: integers are compared as they are."""
    operations, a, b = operands(node, placement)
    output = node.outputs[0]
    make = pack_extremum_int16 if output.dtype == "int16" else pack_extremum
    pack = partial(make, output.elements, node.kind == "MAXIMUM")
    return [*operations, KernelCall(output.name, node.origin, (a, b), placement.home(output), pack)]


def broadcast_rule(kernel: str, reference: str, lower: Lowering, has_activation: bool = True) -> Rule:
    """The declaration of an operator of this family."""
    return Rule(
        check_with_activation if has_activation else check_without_activation,
        (2, 2),
        shapes=broadcast_shapes,
        becomes=f"kernel `{kernel}`, in place where it can be; a narrower operand is spread out first",
        kernels=(f"ss_{kernel}_s8", f"ss_{kernel}_s16"),
        reference=reference,
        in_place=True,
        lower=lower,
    )
