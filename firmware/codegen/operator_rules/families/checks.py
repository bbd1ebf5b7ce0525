"""Checks that several operators share; each records what it finds."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node, Value
from skipstone.quantize.arithmetic.shapes import Shape

WIDTHS = ("int8", "int16")
"""Types of activations between which QUANTIZE converts inside a model."""
ACTIVATIONS = ("none", "relu", "relu6", "relu_n1_to_1")


def check_nothing(node: Node, findings: Findings) -> None:
    """Rewrites judge the context of these operators."""


def check_activation(node: Node, findings: Findings) -> None:
    """Only activations that are a clamp can be fused."""
    if node.options.activation not in ACTIVATIONS:
        findings.add(
            str(node),
            f"fused activation {node.options.activation}",
            f"use one of {', '.join(ACTIVATIONS)}",
        )


def check_constant(node: Node, position: int, what: str, findings: Findings) -> bool:
    """Whether an operand is there and a constant of the operator's own subgraph."""
    if position >= len(node.inputs):
        findings.add(str(node), f"{what} missing", "convert the model again")
        return False
    if node.inputs[position].data is None:
        findings.add(
            str(node),
            f"{what} that are computed, or handed into a branch or loop as an operand",
            "make them constants of the subgraph that the operator stands in",
        )
        return False
    return True


def check_weights(node: Node, channels: int, findings: Findings, dtypes: tuple[str, ...] = ("int8",)) -> bool:
    """Weights of one of ``dtypes`` with zero point 0; bias, where there is one, one a channel.

    A bias is int32, with int16 activations int32 or int64.
    """
    if not check_constant(node, 1, "weights", findings):
        return False
    weights = node.inputs[1]
    if weights.dtype not in dtypes:
        findings.add(str(node), f"weights of type {weights.dtype}", f"quantize weights to {dtypes[0]}")
        return False
    if weights.zero_points.any():
        findings.add(str(node), "weights with a zero point", "quantize weights symmetrically")
    if weights.scales.size not in (1, channels):
        findings.add(str(node), f"{weights.scales.size} weight scales", "use one, or one an output channel")
        return False
    if node.inputs[2:] and node.inputs[2].elements != channels:
        findings.add(str(node), f"{node.inputs[2].elements} biases", "use one bias an output channel")
        return False
    biases = ("int32", "int64") if node.inputs[0].dtype == "int16" else ("int32",)
    if (
        len(node.inputs) > 2
        and check_constant(node, 2, "biases", findings)
        and node.inputs[2].dtype not in biases
    ):
        findings.add(str(node), f"a bias of type {node.inputs[2].dtype}", f"use {biases[-1]} biases")
    return True


def check_one_type(
    node: Node, findings: Findings, operands: list[Value] | None = None, types: tuple[str, ...] = WIDTHS
) -> bool:
    """The operands (all unless given) are of one of ``types``, all of the same, and quantized as a whole."""
    operands = [*node.inputs, *node.outputs] if operands is None else operands
    if not _check_operands(operands, types, node, findings):
        return False
    if len({value.dtype for value in operands}) > 1:
        found = " and ".join(sorted({value.dtype for value in operands}))
        findings.add(str(node), f"operands of types {found}", "give all of them one type with QUANTIZE")
        return False
    return True


def _check_operands(operands: list[Value], types: tuple[str, ...], node: Node, findings: Findings) -> bool:
    wrong = [value for value in operands if value.dtype not in types or value.scales.size != 1]
    for value in wrong:
        remedy = f"quantize it to {' or '.join(types)}, one scale"
        findings.add(str(node), f"operand '{value.name}' of type {value.dtype}", remedy)
    return not wrong


def shape_of_input(node: Node) -> list[Shape]:
    """The output has the shape of the first input."""
    return [node.inputs[0].shape]


def have_equal_quantization(a: Value, b: Value) -> bool:
    """Whether bytes of one mean the same in the other."""
    return a.scales.tolist() == b.scales.tolist() and a.zero_points.tolist() == b.zero_points.tolist()
