"""IF that a gate switches becomes a block, ``if (gates[i]) body(…)``, in place in the residual.

A gate is an element of the model's second output. Every other IF becomes a branch (``branches.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, Value
from skipstone.firmware.codegen.rewrites.views import view_of

Element = tuple[Value, int]
"""A tensor and a flat element number in it."""


@dataclass(frozen=True)
class BlockOptions:
    """Options of a ``BLOCK`` node.

    Attributes:
        index: block number, in order of execution; the element of the gate output that switches it.
        body: subgraph number of the body.
    """

    index: int
    body: int


def make_blocks(network: Network, findings: Findings) -> None:
    """Replace the IF of the main graph that each gate switches by a ``BLOCK`` node.

    Where one gate switches several IF, the first that passes through when shut is the block.
    """
    main = network.main
    gates = _elements_of(main, main.outputs[1]) if len(main.outputs) > 1 else []
    known = set(gates)
    switched: dict[Element, Node] = {}
    for node in [node for node in main.nodes if node.kind == "IF"]:
        gate = _element(main, node.inputs[0])
        if gate in switched and (_problem(network, node) or not _problem(network, switched[gate])):
            continue
        if gate in known:
            switched[gate] = node
    blocks = sorted(switched.values(), key=main.nodes.index)
    for index, node in enumerate(blocks):
        problem = _problem(network, node) or _gate_problem(main, node, gates, index)
        if problem:
            findings.add(str(node), problem, "use one IF a gate as `skipstone convert` writes it")
            continue
        options = BlockOptions(index, node.options.then_subgraph)
        main.replace_nodes([node], Node(Fused.BLOCK, node.inputs, node.outputs, options, node.origin))
    main.remove_dead_nodes()


def _problem(network: Network, node: Node) -> str | None:
    """What keeps the two branches of ``node`` from being a gated block."""
    skipped, body = network.graphs[node.options.else_subgraph], network.graphs[node.options.then_subgraph]
    if len(node.inputs) != 2 or len(node.outputs) != 1:
        return "a gated block has one input and one output"
    if skipped.nodes or skipped.outputs != skipped.inputs:
        return "the else branch computes something; a skipped block must pass its input through"
    if len(body.inputs) != 1 or len(body.outputs) != 1:
        return "the then branch must have one input and one output"
    tensors = [node.inputs[1], node.outputs[0], body.inputs[0], body.outputs[0]]
    facts = {(v.elements, v.dtype, tuple(v.scales.tolist()), tuple(v.zero_points.tolist())) for v in tensors}
    if len(facts) != 1:
        return "input and output of the block differ in size or quantization, so skipping it is no identity"
    return None


def _gate_problem(main: Graph, node: Node, gates: list[Element], index: int) -> str | None:
    """The condition must be element ``index`` of the gate output, which GREATER computes."""
    condition = _element(main, node.inputs[0])
    compare = main.producer(condition[0])
    if compare is None or compare.kind != "GREATER":
        return "its condition does not come from GREATER"
    if compare.inputs[1].data is None or compare.inputs[1].elements not in (1, compare.inputs[0].elements):
        return "its gate is not compared with a constant"
    if index >= len(gates) or condition != gates[index]:
        return f"its condition is not element {index} of the model's second output (the gate bits)"
    return None


def _element(main: Graph, condition: Value) -> Element:
    """What a condition shows."""
    view = view_of(main, condition)
    return view.base, int(view.elements.flat[0])


def _elements_of(main: Graph, gates: Value) -> list[Element]:
    """Where the elements of the gate output come from, looking through views and concatenations."""
    view = view_of(main, gates)
    concat = main.producer(view.base)
    if concat is None or concat.kind != "CONCATENATION":
        return [(view.base, int(element)) for element in view.elements.flat]
    parts = [element for part in concat.inputs for element in _elements_of(main, part)]
    return [parts[element] for element in view.elements.flat]
