"""ADD, SUB, MUL, MAXIMUM, MINIMUM: two operands, element by element, broadcast where shapes differ."""

from __future__ import annotations

from functools import partial

import numpy as np
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node, Value
from skipstone.firmware.codegen.lowering import operators
from skipstone.firmware.codegen.lowering.copies import copy_elements
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.rule import Rule, check_activation, check_one_type
from skipstone.firmware.codegen.packing.elementwise import pack_extremum, pack_mul, pack_sub
from skipstone.firmware.codegen.packing.elementwise_int16 import (
    pack_extremum_int16,
    pack_mul_int16,
    pack_sum_int16,
)
from skipstone.firmware.codegen.program import Add, Buffer, KernelCall, Operation, Role, Span
from skipstone.quantize.arithmetic.addition import LEFT_SHIFT_16, add_parameters
from skipstone.quantize.arithmetic.fixed_point import activation_range
from skipstone.quantize.arithmetic.multiplication import multiplication_multiplier


def _check(node: Node, findings: Findings) -> None:
    check_one_type(node, findings)
    shapes = [value.shape for value in node.inputs]
    try:
        fits = np.broadcast_shapes(*shapes) == node.outputs[0].shape
    except ValueError:
        fits = False
    if not fits:
        findings.add(
            str(node), f"broadcast of {list(shapes[0])} and {list(shapes[1])}", "convert the model again"
        )


def _check_fused(node: Node, findings: Findings) -> None:
    check_activation(node, findings)
    _check(node, findings)


def _operand(node: Node, value: Value, placement: Placement, operations: list[Operation]) -> Span:
    """A span with the output's number of elements; constants are spread out in flash, the rest by a copy."""
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


def _operands(node: Node, placement: Placement) -> tuple[list[Operation], Span, Span]:
    operations: list[Operation] = []
    a, b = (_operand(node, value, placement, operations) for value in node.inputs)
    return operations, a, b


def _limits(node: Node) -> tuple[int, int]:
    output = node.outputs[0]
    return activation_range(node.options.activation, *output.quantization, output.dtype)


def lower_add(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """ADD."""
    operations, a, b = _operands(node, placement)
    output = node.outputs[0]
    left, right = (value.quantization for value in node.inputs)
    if output.dtype == "int16":
        return [*operations, _sum_int16(node, a, b, placement)]
    parameters = add_parameters(left, right, output.quantization)
    home = placement.home(output)
    return [*operations, Add(output.name, node.origin, a, b, home, parameters, *_limits(node))]


def _sum_int16(node: Node, a: Span, b: Span, placement: Placement) -> KernelCall:
    output = node.outputs[0]
    ends = [value.quantization for value in (*node.inputs, output)]
    parameters = add_parameters(ends[0], ends[1], ends[2], LEFT_SHIFT_16)
    pack = partial(pack_sum_int16, node.kind.lower(), output.elements, parameters, _limits(node))
    return KernelCall(output.name, node.origin, (a, b), placement.home(output), pack)


def lower_sub(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """SUB."""
    operations, a, b = _operands(node, placement)
    output = node.outputs[0]
    if output.dtype == "int16":
        return [*operations, _sum_int16(node, a, b, placement)]
    left, right = (value.quantization for value in node.inputs)
    parameters = add_parameters(left, right, output.quantization)
    pack = partial(pack_sub, output.elements, parameters, _limits(node))
    return [*operations, KernelCall(output.name, node.origin, (a, b), placement.home(output), pack)]


def lower_mul(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """MUL."""
    operations, a, b = _operands(node, placement)
    output = node.outputs[0]
    scales = [value.quantization[0] for value in (*node.inputs, output)]
    factor = multiplication_multiplier(*scales)
    if output.dtype == "int16":
        pack_int16 = partial(pack_mul_int16, output.elements, factor, _limits(node))
        return [*operations, KernelCall(output.name, node.origin, (a, b), placement.home(output), pack_int16)]
    requantization = operators.scalar(factor, output.quantization[1])
    points = node.inputs[0].quantization[1], node.inputs[1].quantization[1]
    pack = partial(pack_mul, output.elements, points, requantization, _limits(node))
    return [*operations, KernelCall(output.name, node.origin, (a, b), placement.home(output), pack)]


def lower_extremum(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """MAXIMUM and MINIMUM: bytes are compared as they are."""
    operations, a, b = _operands(node, placement)
    output = node.outputs[0]
    make = pack_extremum_int16 if output.dtype == "int16" else pack_extremum
    pack = partial(make, output.elements, node.kind == "MAXIMUM")
    return [*operations, KernelCall(output.name, node.origin, (a, b), placement.home(output), pack)]


def _rule(name: str, becomes: str, reference: str, lower: object, has_activation: bool = True) -> Rule:
    return Rule(
        _check_fused if has_activation else _check,
        (2, 2),
        becomes=f"kernel `{becomes}`, in place where it can be; a narrower operand is spread out first",
        kernels=(f"ss_{name}_s8", f"ss_{name}_s16"),
        reference=reference,
        in_place=True,
        lower=lower,  # type: ignore[arg-type]
    )


ADD = _rule("add", "add", "`reference_integer_ops::Add`", lower_add)
SUB = _rule("sub", "sub", "`reference_ops::Sub`", lower_sub)
MUL = _rule("mul", "mul", "`reference_integer_ops::Mul`", lower_mul)
MAXIMUM = _rule("maximum", "maximum", "`MaximumOp`", lower_extremum, False)
MINIMUM = _rule("minimum", "minimum", "`MinimumOp`", lower_extremum, False)
