"""DEQUANTIZE at the edge of a model, where the integers before it are given instead."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.operator_rules.families.checks import shape_of_input
from skipstone.firmware.codegen.rule import Rule


def _check(node: Node, findings: Findings) -> None:
    """Those at the end of a model are gone by now (:func:`without_float_edges`): this one stands inside."""
    findings.add(
        str(node),
        "the operator is not supported inside a model",
        "it may stand at the end of a model only; no float island may be left inside",
    )


RULE = Rule(
    _check,
    (1, 1),
    shapes=shape_of_input,
    becomes="nothing: logits are the integers before it, with their scale and zero point",
    reference="`reference_ops::Dequantize`",
    limits="at the end of a model",
)
