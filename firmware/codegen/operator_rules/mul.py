"""MUL."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.layer_parameters import scalar
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall, Operation
from skipstone.firmware.codegen.operator_rules.families.broadcast import (
    broadcast_rule,
    operands,
    output_range,
)
from skipstone.firmware.codegen.packing.elementwise import pack_mul
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_mul_int16
from skipstone.quantize.arithmetic.multiplication import multiplication_multiplier


def _lower(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    operations, a, b = operands(node, placement)
    output = node.outputs[0]
    scales = [value.quantization[0] for value in (*node.inputs, output)]
    factor = multiplication_multiplier(*scales)
    if output.dtype == "int16":
        pack_int16 = partial(pack_mul_int16, output.elements, factor, output_range(node))
        return [*operations, KernelCall(output.name, node.origin, (a, b), placement.home(output), pack_int16)]
    requantization = scalar(factor, output.quantization[1])
    points = node.inputs[0].quantization[1], node.inputs[1].quantization[1]
    pack = partial(pack_mul, output.elements, points, requantization, output_range(node))
    return [*operations, KernelCall(output.name, node.origin, (a, b), placement.home(output), pack)]


RULE = broadcast_rule("mul", "`reference_integer_ops::Mul`", _lower)
