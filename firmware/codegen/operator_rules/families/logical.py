"""Logic of bools, element by element, broadcast where shapes differ."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node, Value
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import KernelCall, Operation
from skipstone.firmware.codegen.operator_rules.families.broadcast import broadcast_shapes, operands
from skipstone.firmware.codegen.packing.comparison import pack_logical
from skipstone.firmware.codegen.rule import Rule


def are_bools(values: Sequence[Value]) -> bool:
    """Whether all are bools."""
    return all(value.dtype == "bool" for value in values)


def check_logical(node: Node, findings: Findings) -> None:
    """Bools throughout."""
    for value in (*node.inputs, *node.outputs):
        if value.dtype != "bool":
            problem = f"operand '{value.name}' of type {value.dtype}"
            findings.add(str(node), problem, "combine results of comparisons")


def lower_logical(_graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """A kernel that looks the result up in the operator's truth table."""
    operations, a, b = operands(node, placement)
    output = node.outputs[0]
    pack = partial(pack_logical, output.elements, str(node.kind))
    return [*operations, KernelCall(output.name, node.origin, (a, b), placement.home(output), pack)]


def logical_rule(reference: str, operand_count: int = 2) -> Rule:
    """The declaration of an operator of this family."""
    return Rule(
        check_logical,
        (operand_count, operand_count),
        shapes=broadcast_shapes,
        becomes="kernel `logical`; a narrower operand is spread out first",
        kernels=("ss_logical_s8",),
        reference=reference,
        lower=lower_logical,
    )
