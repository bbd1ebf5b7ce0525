"""Comparisons of int8 (EQUAL and NOT_EQUAL also of bools), element by element, broadcast if shapes differ."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall, Operation
from skipstone.firmware.codegen.operator_rules.families.broadcast import broadcast_shapes, operands
from skipstone.firmware.codegen.operator_rules.families.logical import are_bools, lower_logical
from skipstone.firmware.codegen.packing.comparison import TRUTH, pack_compare
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic.comparison import comparison_multiplier


def check_comparison(node: Node, findings: Findings) -> None:
    """Two int8 tensors, each with one scale below 1, or two of bools; the output is bool."""
    if node.outputs[0].dtype != "bool":
        findings.add(str(node), f"an output of type {node.outputs[0].dtype}", "convert the model again")
    if node.kind in TRUTH and are_bools(node.inputs):
        return
    for value in node.inputs:
        if value.dtype != "int8" or value.scales.size != 1:
            findings.add(
                str(node),
                f"operand '{value.name}' of type {value.dtype}",
                "compare int8 tensors of one scale",
            )
            continue
        try:
            comparison_multiplier(value.quantization[0])
        except ValueError as problem:
            findings.add(str(node), str(problem), "quantize what is compared with scales below 1")


def lower_comparison(graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """A kernel that rescales both sides as TFLM does."""
    if are_bools(node.inputs):
        return lower_logical(graph, node, placement)
    operations, a, b = operands(node, placement)
    output = node.outputs[0]
    left, right = (value.quantization for value in node.inputs)
    pack = partial(pack_compare, output.elements, str(node.kind), left, right)
    return [*operations, KernelCall(output.name, node.origin, (a, b), placement.home(output), pack)]


def comparison_rule(reference: str) -> Rule:
    """The declaration of an operator of this family."""
    return Rule(
        check_comparison,
        (2, 2),
        shapes=broadcast_shapes,
        becomes="kernel `compare`; a narrower operand is spread out first",
        kernels=("ss_compare_s8",),
        reference=reference,
        limits="int8 with scales below 1",
        lower=lower_comparison,
    )
