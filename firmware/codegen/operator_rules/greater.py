"""GREATER: the gates of a model, or the condition of a loop that counts, which is gone by then."""

from __future__ import annotations

import numpy as np
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.layer_parameters import constant
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operator_rules.families.checks import check_constant
from skipstone.firmware.codegen.program import Compare
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic.comparison import greater_thresholds


def _check(node: Node, findings: Findings) -> None:
    left, right = node.inputs
    if not check_constant(node, 1, "the right side", findings):
        return
    if right.elements not in (1, left.elements):
        findings.add(
            str(node), f"broadcast of {list(left.shape)} and {list(right.shape)}", "compare equal shapes"
        )
    if any(value.dtype != "int8" for value in node.inputs):
        findings.add(str(node), f"types {left.dtype} and {right.dtype}", "compare int8 with an int8 constant")


def _lower(_graph: Graph, node: Node, placement: Placement) -> Compare:
    """GREATER against a constant: exact integer thresholds over all 256 inputs."""
    left, right = node.inputs
    thresholds = greater_thresholds(constant(right), left.quantization, right.quantization)
    return Compare(
        node.outputs[0].name,
        node.origin,
        placement.span(left, node),
        placement.home(node.outputs[0]),
        np.broadcast_to(thresholds.ravel(), (left.elements,)).astype(np.int16),
    )


RULE = Rule(
    _check,
    (2, 2),
    becomes="an integer compare with a constant a gate",
    reference="`reference_ops::Greater`",
    limits="the right side is a constant",
    lower=_lower,
)
