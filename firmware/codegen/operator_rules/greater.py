"""GREATER of int8: gates of a model, or any other comparison.

As the condition of a loop that counts (``rewrites/loops.py``) it is gone by now.
"""

from __future__ import annotations

import numpy as np
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.lowering.layer_parameters import constant
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import Compare, Operation
from skipstone.firmware.codegen.operator_rules.families.broadcast import broadcast_shapes
from skipstone.firmware.codegen.operator_rules.families.comparison import check_comparison, lower_comparison
from skipstone.firmware.codegen.rule import Rule
from skipstone.quantize.arithmetic.comparison import greater_thresholds


def _lower(graph: Graph, node: Node, placement: Placement) -> Operation | list[Operation]:
    """Against a constant: exact integer thresholds over all 256 inputs."""
    left, right = node.inputs
    if right.data is None or right.elements not in (1, left.elements):
        return lower_comparison(graph, node, placement)
    thresholds = greater_thresholds(constant(right), left.quantization, right.quantization)
    return Compare(
        node.outputs[0].name,
        node.origin,
        placement.span(left, node),
        placement.home(node.outputs[0]),
        np.broadcast_to(thresholds.ravel(), (left.elements,)).astype(np.int16),
    )


RULE = Rule(
    check_comparison,
    (2, 2),
    shapes=broadcast_shapes,
    becomes="an integer compare with a constant a gate; else kernel `compare`",
    kernels=("ss_compare_s8",),
    reference="`reference_ops::Greater`",
    limits="int8 with scales below 1; gates are compared with constants",
    lower=_lower,
)
