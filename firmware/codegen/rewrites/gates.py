"""IF with a pass-through else branch becomes a block, ``if (gates[i]) body(…)``, in place in the residual."""

from __future__ import annotations

from dataclasses import dataclass

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, Value
from skipstone.firmware.codegen.rewrites.views import view_of


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
    """Replace every IF of the main graph by a ``BLOCK`` node; IF elsewhere is a finding."""
    main = network.main
    bodies: set[int] = set()
    conditions = [node for node in main.nodes if node.kind == "IF"]
    for index, node in enumerate(conditions):
        body = node.options.then_subgraph
        problem = _problem(network, node) or _gate_problem(main, node, index)
        if problem is None and body in bodies:
            problem = "its body is that of another block, too"
        if problem:
            findings.add(str(node), problem, "use one IF a block as `skipstone convert` writes it")
            continue
        bodies.add(body)
        block = Node(Fused.BLOCK, node.inputs, node.outputs, BlockOptions(index, body), node.origin)
        main.replace_nodes([node], block)
    for graph in [network.graphs[body] for body in bodies]:
        for node in graph.nodes:
            if node.kind == "IF":
                findings.add(str(node), "a block inside a block", "gate blocks in the main graph only")
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


def _gate_problem(main: Graph, node: Node, index: int) -> str | None:
    """The condition must be element ``index`` of the gate output, which GREATER computes."""
    condition = view_of(main, node.inputs[0])
    compare = main.producer(condition.base)
    if compare is None or compare.kind != "GREATER":
        return "its condition does not come from GREATER"
    source = (condition.base, int(condition.elements.flat[0]))
    if len(main.outputs) < 2 or _gate_source(main, main.outputs[1], index) != source:
        return f"its condition is not element {index} of the model's second output (the gate bits)"
    return None


def _gate_source(main: Graph, gates: Value, index: int) -> tuple[Value, int] | None:
    """Where element ``index`` of the gate output comes from, looking through views and concatenations."""
    view = view_of(main, gates)
    flat = view.elements.ravel()
    if index >= flat.size:
        return None
    element = int(flat[index])
    concat = main.producer(view.base)
    if concat is None or concat.kind != "CONCATENATION":
        return view.base, element
    for part in concat.inputs:
        if element < part.elements:
            return _gate_source(main, part, element)
        element -= part.elements
    return None
