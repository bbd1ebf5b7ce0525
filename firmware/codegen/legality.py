"""Legality: every construct that codegen does not cover is named, all at once, before any rewrite."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node
from skipstone.firmware.codegen.operator_rules import RULES
from skipstone.firmware.codegen.rule import Rule

LARGEST_VECTOR = (1 << 16) - 1
"""Elements of features and logits: ``feature_count`` and ``logit_count`` of ``ss_model`` are uint16."""
_CONTRADICTION = "the file contradicts itself: convert the model again"


def check_legality(network: Network, findings: Findings) -> None:
    """Record what codegen does not support in main graph, block bodies and initial state."""
    for graph in network.reachable():
        _check_values(graph, findings)
        for node in graph.nodes:
            _check_node(node, findings)
        _check_handles(graph, findings)
        _check_state_types(network, graph, findings)
    _check_interface(network.main, findings)
    _check_initial_state(network, findings)


def _check_node(node: Node, findings: Findings) -> None:
    rule = RULES.get(node.kind)
    if node.kind in (Fused.EMBEDDING, Fused.LOOP):
        return  # what is not as it should be was left a GATHER or WHILE
    if rule is None:
        _add_unsupported(node, findings)
    elif (
        not rule.inputs[0] <= len(node.inputs) <= rule.inputs[1]
        or not rule.outputs[0] <= len(node.outputs) <= rule.outputs[1]
    ):
        operands = f"{len(node.inputs)} inputs and {len(node.outputs)} outputs"
        findings.add(str(node), operands, "convert the model again")
    else:
        known = len(findings.items)
        rule.check(node, findings)
        _check_shapes(node, rule, findings, is_sound=len(findings.items) == known)
        _check_own_states(node, rule.states, findings)


def _check_shapes(node: Node, rule: Rule, findings: Findings, is_sound: bool) -> None:
    """Outputs have the shapes that the operator's declaration says; what the check has named counts once."""
    try:
        shapes = rule.shapes(node) if rule.shapes else [value.shape for value in node.outputs]
    except ValueError as problem:
        if is_sound:
            findings.add(str(node), str(problem), _CONTRADICTION)
        return
    for output, shape in zip(node.outputs, shapes, strict=True):
        if output.shape != shape:
            problem_of_output = f"output {list(output.shape)} where its inputs give {list(shape)}"
            findings.add(str(node), problem_of_output, _CONTRADICTION)


def _check_own_states(node: Node, positions: tuple[int, ...], findings: Findings) -> None:
    """Variable tensors are the states of the operators that declare them, and of nothing else."""
    for position, value in enumerate(node.inputs):
        if value.is_variable != (position in positions):
            problem = "is a variable" if value.is_variable else "is no variable"
            findings.add(str(node), f"operand '{value.name}' {problem}", "convert the model again")


def _add_unsupported(node: Node, findings: Findings) -> None:
    remedy = _REPLACEMENTS.get(node.kind, f"replace it by supported operators: {', '.join(sorted(RULES))}")
    findings.add(str(node), "the operator is not supported", remedy)


_REPLACEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "LAYER_NORM": "train with BatchNorm and fold it into the next FULLY_CONNECTED",
    }
)


def _check_values(graph: Graph, findings: Findings) -> None:
    tensors = {id(v): v for node in graph.nodes for v in [*node.inputs, *node.outputs]}
    tensors |= {id(v): v for v in [*graph.inputs, *graph.outputs]}
    for value in tensors.values():
        subject = f"tensor '{value.name}'"
        if value.dtype in ("float32", "float16", "float64", "bfloat16"):
            findings.add(subject, f"type {value.dtype}", "quantize the whole graph to int8")
        elif (
            value.data is None
            and not value.is_variable
            and value.dtype not in ("int8", "uint8", "int16", "bool", "resource")
        ):
            findings.add(
                subject, f"type {value.dtype}", "activations are int8 or int16; convert to one of them"
            )
        elif value.dtype in ("int8", "uint8", "int16") and not value.scales.size:
            findings.add(subject, "no quantization", "give it a scale and a zero point")
        elif value.dtype == "int16" and value.zero_points.any():
            findings.add(subject, "int16 with a zero point", "quantize int16 symmetrically, as TFLM needs")
        elif value.dtype in ("int8", "uint8", "int16") and value.data is None and value.scales.size != 1:
            findings.add(subject, "an activation with a scale a channel", "quantize it with one scale")
        if value.is_dynamic:
            findings.add(subject, "a dynamic shape", "export with static shapes (batch 1, one step)")


def _check_interface(main: Graph, findings: Findings) -> None:
    if not 1 <= len(main.inputs) <= 2 or not 1 <= len(main.outputs) <= 2:
        findings.add(
            f"subgraph '{main.name}'",
            f"{len(main.inputs)} inputs and {len(main.outputs)} outputs",
            "the main graph takes features (and gate_bias, and the last tokens: int32 [1, n], read by one "
            "GATHER from a constant int8 table with a row a logit) and gives logits (and gates)",
        )
    for value in (*main.inputs[:1], *main.outputs[:1]):
        if value.elements > LARGEST_VECTOR:
            findings.add(
                f"tensor '{value.name}'",
                f"{value.elements:,} elements",
                f"use at most {LARGEST_VECTOR:,} features and logits a step",
            )
        if value.dtype not in ("int8", "uint8", "int16"):
            findings.add(
                f"tensor '{value.name}'", f"type {value.dtype}", "features and logits are quantized integers"
            )
    for value in main.inputs[1:2]:
        if value.dtype != "int8":
            remedy = (
                "a second input biases gates and is int8; compute the condition of an IF from the features"
            )
            findings.add(f"tensor '{value.name}'", f"type {value.dtype}", remedy)


def _check_initial_state(network: Network, findings: Findings) -> None:
    """CALL_ONCE may only assign constants that equal the zero point: that is what a reset restores."""
    for graph in network.reachable():
        for node in graph.nodes:
            if node.kind == "CALL_ONCE" and graph is not network.main:
                findings.add(str(node), "states initialised inside a branch", "do it in the main graph")
    for node in [n for n in network.main.nodes if n.kind == "CALL_ONCE"]:
        for initial in network.graphs[node.options.init_subgraph].nodes:
            _check_node(initial, findings)
            if initial.kind == "VAR_HANDLE" or len(initial.inputs) != 2:
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


def _check_state_types(network: Network, graph: Graph, findings: Findings) -> None:
    """Every reader and writer of a variable sees values of one width and size."""
    for node in graph.nodes:
        if node.kind not in ("READ_VARIABLE", "ASSIGN_VARIABLE") or len(node.inputs + node.outputs) != 2:
            continue
        handle, value = graph.producer(node.inputs[0]), (node.inputs + node.outputs)[1]
        if handle is None or handle.kind != "VAR_HANDLE":
            continue
        state = network.states[handle.options.shared_name]
        if value.width != state.width:
            problem = f"type {value.dtype} of a variable that has {8 * state.width} bits elsewhere"
            findings.add(str(node), problem, "read and assign a variable with one type")
        elif value.bytes != state.bytes:
            problem = f"{value.bytes} bytes of a variable that has {state.bytes} elsewhere"
            findings.add(str(node), problem, "read and assign a variable with one shape")


def _check_handles(graph: Graph, findings: Findings) -> None:
    for node in graph.nodes:
        if node.kind in ("READ_VARIABLE", "ASSIGN_VARIABLE") and node.inputs:
            handle = graph.producer(node.inputs[0])
            if handle is None or handle.kind != "VAR_HANDLE":
                findings.add(
                    str(node), "its variable comes from elsewhere", "use VAR_HANDLE in the same subgraph"
                )
