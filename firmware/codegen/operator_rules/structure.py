"""Gates, blocks, states and float edges: operators that rewrites replace."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node
from skipstone.firmware.codegen.lowering.operators import lower_compare
from skipstone.firmware.codegen.operator_rules.rule import Rule, check_constant, check_nothing


def _check_greater(node: Node, findings: Findings) -> None:
    left, right = node.inputs
    if not check_constant(node, 1, "the right side", findings):
        return
    if right.elements not in (1, left.elements):
        findings.add(
            str(node), f"broadcast of {list(left.shape)} and {list(right.shape)}", "compare equal shapes"
        )
    if any(value.dtype != "int8" for value in node.inputs):
        findings.add(str(node), f"types {left.dtype} and {right.dtype}", "compare int8 with an int8 constant")


def _check_dequantize(node: Node, findings: Findings) -> None:
    """Those at the end of a model are gone by now (:func:`without_float_edges`): this one stands inside."""
    findings.add(
        str(node),
        "the operator is not supported inside a model",
        "it may stand at the end of a model only; no float island may be left inside",
    )


DEQUANTIZE = Rule(
    _check_dequantize,
    (1, 1),
    becomes="nothing: logits are the integers before it, with their scale and zero point",
    reference="`reference_ops::Dequantize`",
    limits="at the end of a model",
)
GREATER = Rule(
    _check_greater,
    (2, 2),
    becomes="an integer compare with a constant a gate",
    reference="`reference_ops::Greater`",
    limits="the right side is a constant",
    lower=lower_compare,
)
IF = Rule(
    check_nothing,
    (1, 1000),
    (1, 1000),
    becomes="`if (gates[i]) block(…)`; else: nothing",
    reference="`if.cc`",
    limits="a gated block of the main graph, as `skipstone convert` writes it",
)
CALL_ONCE = Rule(
    check_nothing,
    (0, 0),
    (0, 0),
    becomes="`ss_reset`",
    reference="`call_once.cc`",
    limits="assigns the zero point to states",
)
VAR_HANDLE = Rule(check_nothing, (0, 0), becomes="a member of the state struct", reference="`var_handle.cc`")
READ_VARIABLE = Rule(
    check_nothing,
    (1, 1),
    becomes="a ring buffer, or the state as it lies in memory",
    kernels=("ss_shift_s8",),
    reference="`read_variable.cc`",
)
ASSIGN_VARIABLE = Rule(
    check_nothing,
    (2, 2),
    (0, 0),
    becomes="a row of a ring buffer or rows of a state, which their producer writes there; else a copy",
    reference="`assign_variable.cc`",
)
