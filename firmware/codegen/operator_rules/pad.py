"""PAD with constant paddings."""

from __future__ import annotations

from functools import partial

import numpy as np
from skipstone.firmware.codegen.buffers import Span
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import Fill, KernelCall, Operation
from skipstone.firmware.codegen.operator_rules.families.checks import check_constant
from skipstone.firmware.codegen.packing.elementwise_int16 import pack_fill_int16
from skipstone.firmware.codegen.rewrites.views import constant_numbers
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic import shapes
from skipstone.quantize.arithmetic.shapes import Shape


def _check(node: Node, findings: Findings) -> None:
    output = node.outputs[0]
    values = [value for value in (*node.inputs[:1], *node.inputs[2:]) if value.dtype != output.dtype]
    if values:
        findings.add(str(node), f"a value of type {values[0].dtype}", f"use {output.dtype} throughout")
        return
    if not check_constant(node, 1, "its paddings", findings):
        return
    if len(node.inputs) > 2:
        check_constant(node, 2, "its value", findings)


def _shapes(node: Node) -> list[Shape]:
    numbers = constant_numbers(node, 1)
    return [shapes.padded(node.inputs[0].shape, [numbers[i : i + 2] for i in range(0, len(numbers), 2)])]


def _lower(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """Fill the whole, then put the input in the middle."""
    source, output = node.inputs[0], node.outputs[0]
    widths = np.asarray(node.inputs[1].data, np.int64).reshape(-1, 2)
    value = output.quantization[1]
    if len(node.inputs) > 2 and node.inputs[2].data is not None:
        value = int(node.inputs[2].data.ravel()[0])
    whole = placement.home(output)
    numbers = np.arange(output.elements).reshape(output.shape)
    middle = numbers[tuple(slice(w[0], w[0] + n) for w, n in zip(widths, source.shape, strict=True))]
    fill: list[Operation] = []
    if source.elements < output.elements:
        fill = [_fill(node, whole, value)]
    return [*fill, *placement.place(source, whole, node, middle.ravel())]


def _fill(node: Node, whole: Span, value: int) -> Operation:
    """Bytes of one value, or int16 values whose two bytes differ."""
    output = node.outputs[0]
    if output.dtype != "int16" or value in (0, -1):
        return Fill(output.name, node.origin, whole, value)
    pack = partial(pack_fill_int16, output.elements, value)
    return KernelCall(output.name, node.origin, (), whole, pack)


RULE = Rule(
    _check,
    (2, 3),
    shapes=_shapes,
    becomes="`memset` and a copy",
    kernels=("ss_fill_s16",),
    reference="`reference_ops::Pad`",
    lower=_lower,
)
