"""Operators that show elements of one input in another order: nothing is computed."""

from __future__ import annotations

import numpy as np
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.checks import check_constant
from skipstone.firmware.codegen.rewrites.views import apply_view, source_of

BECOMES = "nothing; one copy where a kernel needs the bytes in one piece"


def check_view(node: Node, findings: Findings) -> None:
    """Everything but the source is constant; every output has the shape of what it shows."""
    constants = [position for position, value in enumerate(node.inputs) if value is not source_of(node)]
    if not all(
        check_constant(node, p, "its shape, axis, permutation, begin, size or indices", findings)
        for p in constants
    ):
        return
    source = source_of(node)
    if any(value.dtype != source.dtype for value in node.outputs):
        findings.add(str(node), f"it turns {source.dtype} into another type", "use QUANTIZE")
        return
    numbers = np.arange(source.elements).reshape(source.shape)
    try:
        fits = all(apply_view(node, numbers, i).shape == v.shape for i, v in enumerate(node.outputs))
    except (ValueError, IndexError, TypeError):
        fits = False
    if not fits:
        findings.add(
            str(node), f"it does not turn {list(source.shape)} into its output", "convert the model again"
        )
