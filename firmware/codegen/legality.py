"""Legality: every construct that codegen does not cover is named, all at once, before anything is rewritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Graph, Network, Node, Value

_Check = Callable[[Node, Findings], None]
_ACTIVATIONS = ("none", "relu", "relu6", "relu_n1_to_1")


def check_legality(network: Network, findings: Findings) -> None:
    """Record what codegen does not support in the main graph, in the block bodies and in the initial state."""
    for graph in network.reachable():
        _check_values(graph, findings)
        for node in graph.nodes:
            check = CHECKS.get(node.kind)
            if check is None:
                _add_unsupported(node, findings)
            else:
                check(node, findings)
    _check_interface(network.main, findings)
    _check_initial_state(network, findings)


def _add_unsupported(node: Node, findings: Findings) -> None:
    remedy = _REPLACEMENTS.get(node.kind, f"replace it by supported operators: {', '.join(sorted(CHECKS))}")
    findings.add(str(node), "the operator is not supported", remedy)


_REPLACEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "QUANTIZE": "give both sides the same scale and zero point, so that no requantization is left",
        "DEQUANTIZE": "quantize the whole graph to int8; no float island may be left",
        "RELU": "fuse it into the operator before it",
        "RELU6": "fuse it into the operator before it",
        "STRIDED_SLICE": "use SLICE with constant begin and size",
        "CONV_2D": "use FULLY_CONNECTED on the features of one step",
        "LAYER_NORM": "train with BatchNorm and fold it into the next FULLY_CONNECTED",
        "WHILE": "unroll the loop; one step has a fixed sequence of operators",
    }
)


def _check_values(graph: Graph, findings: Findings) -> None:
    tensors = {id(v): v for node in graph.nodes for v in [*node.inputs, *node.outputs]}
    tensors |= {id(v): v for v in [*graph.inputs, *graph.outputs]}
    for value in tensors.values():
        subject = f"tensor '{value.name}'"
        if value.dtype in ("float32", "float16", "float64", "bfloat16"):
            findings.add(subject, f"type {value.dtype}", "quantize the whole graph to int8")
        elif value.data is None and value.dtype not in ("int8", "bool", "resource"):
            findings.add(
                subject, f"type {value.dtype}", "only int8 activations are supported; convert to int8"
            )
        elif value.dtype == "int8" and not value.scales.size:
            findings.add(subject, "no quantization", "give it a scale and a zero point")
        elif value.dtype == "int8" and value.data is None and value.scales.size != 1:
            findings.add(subject, "an activation with a scale a channel", "quantize it with one scale")
        if value.is_dynamic:
            findings.add(subject, "a dynamic shape", "export with static shapes (batch 1, one step)")


def _check_interface(main: Graph, findings: Findings) -> None:
    if not 1 <= len(main.inputs) <= 2 or not 1 <= len(main.outputs) <= 2:
        findings.add(
            f"subgraph '{main.name}'",
            f"{len(main.inputs)} inputs and {len(main.outputs)} outputs",
            "the main graph takes features (and gate_bias) and gives logits (and gates)",
        )


def _check_initial_state(network: Network, findings: Findings) -> None:
    """CALL_ONCE may only assign constants that equal the zero point: that is what a reset restores."""
    for node in [n for n in network.main.nodes if n.kind == "CALL_ONCE"]:
        for initial in network.graphs[node.options.init_subgraph].nodes:
            if initial.kind == "VAR_HANDLE":
                continue
            if initial.kind != "ASSIGN_VARIABLE" or initial.inputs[1].data is None:
                findings.add(str(initial), "computation in the initial subgraph", "assign constants only")
                continue
            value = initial.inputs[1]
            zero_point = int(value.zero_points[0]) if value.zero_points.size else 0
            if not bool((initial.inputs[1].data == zero_point).all()):
                findings.add(
                    f"initial state '{value.name}'",
                    "values other than the zero point",
                    "start every state at its zero point, as a reset in TFLM does",
                )


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
    elif node.inputs[0].elements != node.inputs[1].shape[1]:
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
    for position in range(1, len(node.inputs)):
        _check_constant(node, position, "its shape, permutation, begin or size", findings)


def _check_concatenation(node: Node, findings: Findings) -> None:
    if node.options.activation != "none":
        findings.add(
            str(node), f"fused activation {node.options.activation}", "fuse it into another operator"
        )
    shape = node.outputs[0].shape
    if any(size != 1 for size in shape[: node.options.axis % len(shape)]):
        findings.add(
            str(node),
            f"axis {node.options.axis} of {list(shape)}",
            "concatenate along the outermost axis > 1",
        )
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


CHECKS: Mapping[str, _Check] = MappingProxyType(
    {
        "ADD": _check_add,
        "ASSIGN_VARIABLE": _check_nothing,
        "BATCH_MATMUL": _check_batch_matmul,
        "CALL_ONCE": _check_nothing,
        "CONCATENATION": _check_concatenation,
        "DEPTHWISE_CONV_2D": _check_depthwise,
        "FULLY_CONNECTED": _check_fully_connected,
        "GREATER": _check_greater,
        "IF": _check_nothing,
        "READ_VARIABLE": _check_nothing,
        "RESHAPE": _check_view,
        "SLICE": _check_view,
        "SOFTMAX": _check_softmax,
        "TRANSPOSE": _check_view,
        "VAR_HANDLE": _check_nothing,
    }
)
"""Supported operators; a test walks the table and compares it with the integer model's."""
