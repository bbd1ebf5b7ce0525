"""CONCATENATION and PACK: parts side by side."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.checks import have_equal_quantization


def check_join(node: Node, findings: Findings) -> None:
    """The parts add up to the output along the axis, and mean the same bytes."""
    shape = node.outputs[0].shape
    if not -len(shape) <= node.options.axis < len(shape):
        findings.add(str(node), f"axis {node.options.axis} of {list(shape)}", "convert the model again")
        return
    axis = node.options.axis % len(shape)
    if node.kind == "PACK":
        parts = [(*v.shape[:axis], 1, *v.shape[axis:]) for v in node.inputs]
    else:
        parts = [v.shape for v in node.inputs]
    outside = (*shape[:axis], *shape[axis + 1 :])
    fits = all(len(p) == len(shape) and (*p[:axis], *p[axis + 1 :]) == outside for p in parts)
    if not fits or sum(part[axis] for part in parts) != shape[axis]:
        findings.add(str(node), "parts that do not add up to its output", "convert the model again")
    for part in node.inputs:
        if part.dtype != node.outputs[0].dtype or not have_equal_quantization(part, node.outputs[0]):
            findings.add(str(node), "parts with different quantizations", "give all parts the output's scale")
            return
