"""Which operators may run on the NPU, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from types import MappingProxyType

from skipstone.firmware.codegen.graph import Fused, Graph, Node
from skipstone.firmware.codegen.npu.job import ALIGNMENT
from skipstone.firmware.codegen.rewrites.views import is_view, view_of

EXACT = frozenset(
    {
        "ADD",
        "AVERAGE_POOL_2D",
        "BATCH_MATMUL",
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "FULLY_CONNECTED",
        "HARD_SWISH",
        "LEAKY_RELU",
        "LOGISTIC",
        "MAXIMUM",
        "MAX_POOL_2D",
        "MINIMUM",
        "MUL",
        "RELU",
        "RELU6",
        "SOFTMAX",
        "SUB",
        "TANH",
        Fused.ATTENTION,
    }
)
"""Operators whose int8 results on the NPU are those of TFLM, byte for byte: docs/reference/npu.md has the
table, which tests check on the model of the NPU."""

STRUCTURE = frozenset(
    {
        "CALL_ONCE",
        "VAR_HANDLE",
        Fused.RING_PUSH,
        Fused.RING_READ,
        Fused.SHIFT,
        Fused.STATE_READ,
        Fused.STATE_WRITE,
        Fused.BLOCK,
        Fused.BRANCH,
        Fused.LOOP,
    }
)
"""Nodes that compute nothing."""

GATES = "GREATER"
"""The operator that compares gate logits; it is the CPU's on every accelerator."""

_REASONS: Mapping[str, str] = MappingProxyType(
    {
        GATES: "the CPU compares the gates, because it starts the jobs",
        Fused.EMBEDDING: "it looks up tokens that the CPU has decoded",
    }
)


def computes(node: Node) -> bool:
    """Whether ``node`` is an operator that some processor has to run."""
    return node.kind not in STRUCTURE and not is_view(node)


def reason_for_cpu(graph: Graph, node: Node) -> str | None:
    """Why ``node`` stays on the CPU; ``None`` where the NPU can run it."""
    if node.kind in _REASONS:
        return _REASONS[node.kind]
    if node.kind not in EXACT:
        return "it is not among the operators that are proven exact on the NPU"
    for value in (*node.inputs, *node.outputs):
        if value.data is None and value.dtype != "int8":
            return f"operand '{value.name}' is of type {value.dtype}"
        if value.data is not None and value.dtype not in ("int8", "int32"):
            return f"constant '{value.name}' is of type {value.dtype}"
    return _window_reason(graph, node)


def _window_reason(graph: Graph, node: Node) -> str | None:
    """States are read where they lie, so order and alignment of their rows matter."""
    for value in node.inputs:
        if value.data is not None:
            continue
        state = graph.window_of(view_of(graph, value).base)
        if state is None:
            continue
        if node.kind != Fused.ATTENTION:
            return f"it reads the state '{state.name}' in the order of its rows, which rotate"
        if state.row_bytes % ALIGNMENT:
            return (
                f"rows of the state '{state.name}' have {state.row_bytes} bytes, no multiple of {ALIGNMENT}"
            )
    return None


def macs_of_node(node: Node) -> int:
    """Multiply-accumulates of one execution, as the CPU's operations count them."""
    match node.kind:
        case "FULLY_CONNECTED":
            weights = node.inputs[1].shape
            return node.outputs[0].elements * weights[1]
        case "CONV_2D":
            return node.outputs[0].elements * prod(node.inputs[1].shape[1:])
        case "DEPTHWISE_CONV_2D":
            return node.outputs[0].elements * prod(node.inputs[1].shape[1:3])
        case Fused.ATTENTION:
            return int(2 * node.options.heads * node.options.head_dim * node.options.positions)
        case _:
            return 0
