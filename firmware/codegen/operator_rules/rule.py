"""What codegen asks of each operator; :data:`RULES` is the table of supported operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Node, Value
from skipstone.firmware.codegen.rewrites.views import apply_view

_Check = Callable[[Node, Findings], None]


@dataclass(frozen=True)
class Rule:
    """What codegen asks of an operator.

    Attributes:
        check: records what is wrong with a node that has the right number of operands.
        inputs: smallest and largest number of inputs.
        outputs: number of outputs.
        becomes: what stands in the generated C for it.
    """

    check: _Check
    inputs: tuple[int, int]
    outputs: int = 1
    becomes: str = ""


_ACTIVATIONS = ("none", "relu", "relu6", "relu_n1_to_1")


def _check_nothing(node: Node, findings: Findings) -> None:
    """Rewrites judge the context of these operators."""


def _check_activation(node: Node, findings: Findings) -> None:
    if node.options.activation not in _ACTIVATIONS:
        findings.add(
            str(node),
            f"fused activation {node.options.activation}",
            f"use one of {', '.join(_ACTIVATIONS)}",
        )


def _check_constant(node: Node, position: int, what: str, findings: Findings) -> bool:
    if position >= len(node.inputs):
        findings.add(str(node), f"{what} missing", "convert the model again")
        return False
    if node.inputs[position].data is None:
        findings.add(str(node), f"{what} computed at run time", "make them constants")
        return False
    return True


def _check_weights(node: Node, findings: Findings) -> bool:
    """Weights int8 with zero point 0, bias int32 where there is one."""
    if not _check_constant(node, 1, "weights", findings):
        return False
    weights = node.inputs[1]
    if weights.dtype != "int8":
        findings.add(str(node), f"weights of type {weights.dtype}", "quantize weights to int8")
        return False
    if weights.zero_points.any():
        findings.add(str(node), "weights with a zero point", "quantize weights symmetrically")
    if node.inputs[2:] and node.inputs[2].elements != node.outputs[0].elements:
        findings.add(str(node), f"{node.inputs[2].elements} biases", "use one bias an output channel")
    if (
        len(node.inputs) > 2
        and _check_constant(node, 2, "biases", findings)
        and node.inputs[2].dtype != "int32"
    ):
        findings.add(str(node), f"a bias of type {node.inputs[2].dtype}", "use int32 biases")
    return True


def _check_fully_connected(node: Node, findings: Findings) -> None:
    _check_activation(node, findings)
    if not _check_weights(node, findings):
        return
    if len(node.inputs[1].shape) != 2:
        findings.add(str(node), "weights that are no matrix", "store them as [out, in]")
    elif (node.outputs[0].elements, node.inputs[0].elements) != node.inputs[1].shape:
        findings.add(str(node), "several rows at once", "run it on one row a step (batch 1)")
    if node.options.shuffled_weights:
        findings.add(str(node), "shuffled weights", "export without the shuffled weight format")


def _check_depthwise(node: Node, findings: Findings) -> None:
    _check_activation(node, findings)
    if not _check_weights(node, findings):
        return
    window, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    if node.options.depth_multiplier != 1 and weights.shape[-1] != window.shape[-1]:
        findings.add(str(node), f"depth multiplier {node.options.depth_multiplier}", "use depth multiplier 1")
    if tuple(node.options.dilation) != (1, 1):
        findings.add(str(node), f"dilation {node.options.dilation}", "use dilation 1")
    covers = len(window.shape) == 4 and weights.shape == (1, *window.shape[1:])
    if not covers or window.shape[2] != 1 or output.elements != weights.shape[-1]:
        findings.add(
            str(node),
            f"a kernel {list(weights.shape[1:3])} on a window {list(window.shape[1:3])}",
            "convolve over time only, with a window as long as the kernel: one output a step",
        )


def _check_add(node: Node, findings: Findings) -> None:
    _check_activation(node, findings)
    a, b = node.inputs
    if a.elements != b.elements:
        findings.add(str(node), f"broadcast of {list(a.shape)} and {list(b.shape)}", "add equal shapes")
    for operand in (a, b):
        if operand.data is not None:
            findings.add(str(node), "a constant operand", "fold it into the bias of the operator before")


def _check_batch_matmul(node: Node, findings: Findings) -> None:
    if any(operand.data is not None for operand in node.inputs):
        findings.add(str(node), "a constant operand", "use FULLY_CONNECTED")


def _check_softmax(node: Node, findings: Findings) -> None:
    output = node.outputs[0]
    if output.dtype == "int8" and output.scales.size and output.quantization != (1 / 256, -128):
        findings.add(
            str(node), f"output quantization {output.quantization}", "use scale 1/256, zero point -128"
        )
    if not 1 <= node.inputs[0].shape[-1] <= 4095:
        findings.add(str(node), f"{node.inputs[0].shape[-1]} positions", "use at most 4095")


def _check_view(node: Node, findings: Findings) -> None:
    positions = range(1, len(node.inputs))
    if not all(
        _check_constant(node, p, "its shape, permutation, begin or size", findings) for p in positions
    ):
        return
    source = node.inputs[0]
    try:
        shown = apply_view(node, np.arange(source.elements).reshape(source.shape))
    except (ValueError, IndexError, TypeError):
        shown = np.empty(0, np.int64)
    if shown.shape != node.outputs[0].shape:
        findings.add(
            str(node), f"it does not turn {list(source.shape)} into its output", "convert the model again"
        )


def _check_concatenation(node: Node, findings: Findings) -> None:
    if node.options.activation != "none":
        findings.add(
            str(node), f"fused activation {node.options.activation}", "fuse it into another operator"
        )
    shape = node.outputs[0].shape
    if not -len(shape) <= node.options.axis < len(shape):
        findings.add(str(node), f"axis {node.options.axis} of {list(shape)}", "convert the model again")
        return
    if any(size != 1 for size in shape[: node.options.axis % len(shape)]):
        findings.add(
            str(node),
            f"axis {node.options.axis} of {list(shape)}",
            "concatenate along the outermost axis > 1",
        )
    if sum(part.elements for part in node.inputs) != node.outputs[0].elements:
        findings.add(str(node), "parts that do not add up to its output", "convert the model again")
    for part in node.inputs:
        if not _equal_quantization(part, node.outputs[0]):
            findings.add(str(node), "parts with different quantizations", "give all parts the output's scale")
            return


def _check_greater(node: Node, findings: Findings) -> None:
    left, right = node.inputs
    if not _check_constant(node, 1, "the right side", findings):
        return
    if right.elements not in (1, left.elements):
        findings.add(
            str(node), f"broadcast of {list(left.shape)} and {list(right.shape)}", "compare equal shapes"
        )
    if any(value.dtype != "int8" for value in node.inputs):
        findings.add(str(node), f"types {left.dtype} and {right.dtype}", "compare int8 with an int8 constant")


def _equal_quantization(a: Value, b: Value) -> bool:
    return a.scales.tolist() == b.scales.tolist() and a.zero_points.tolist() == b.zero_points.tolist()


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "ADD": Rule(_check_add, (2, 2), becomes="kernel `add`, in place where it can be"),
        "ASSIGN_VARIABLE": Rule(
            _check_nothing, (2, 2), 0, becomes="a row of a ring buffer; its producer writes there"
        ),
        "BATCH_MATMUL": Rule(
            _check_batch_matmul,
            (2, 2),
            becomes="part of kernel `attention`, over two rings",
        ),
        "CALL_ONCE": Rule(_check_nothing, (0, 0), 0, becomes="`ss_reset`"),
        "CONCATENATION": Rule(
            _check_concatenation, (1, 1000), becomes="a ring buffer, or neighbouring places in the arena"
        ),
        "DEPTHWISE_CONV_2D": Rule(
            _check_depthwise, (2, 3), becomes="kernel `depthwise_ring`, one output a step"
        ),
        "FULLY_CONNECTED": Rule(_check_fully_connected, (2, 3), becomes="kernel `fully_connected`, one row"),
        "GREATER": Rule(_check_greater, (2, 2), becomes="an integer compare with a constant a gate"),
        "IF": Rule(
            _check_nothing,
            (1, 1000),
            becomes="`if (gates[i]) block(…)`; else: nothing",
        ),
        "READ_VARIABLE": Rule(_check_nothing, (1, 1), becomes="a ring buffer"),
        "RESHAPE": Rule(_check_view, (1, 2), becomes="nothing"),
        "SLICE": Rule(_check_view, (3, 3), becomes="an offset"),
        "SOFTMAX": Rule(_check_softmax, (1, 1), becomes="part of kernel `attention`"),
        "TRANSPOSE": Rule(_check_view, (2, 2), becomes="strides"),
        "VAR_HANDLE": Rule(_check_nothing, (0, 0), becomes="a member of the state struct"),
    }
)
"""Supported operators; a test walks the table and compares it with the integer model's."""
