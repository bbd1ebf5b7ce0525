"""Operators that run other subgraphs inside the function they stand in: loops and branches."""

from __future__ import annotations

from collections.abc import Callable

from skipstone.firmware.codegen.buffers import Span
from skipstone.firmware.codegen.graph import Graph, Network, Node, Value
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import Operation
from skipstone.firmware.codegen.program import BranchBegin, BranchElse, BranchEnd, LoopBegin, LoopEnd

Spans = dict[Value, Span]
Inline = Callable[[Graph, Spans, list[Span]], list[Operation]]
"""Lowers a subgraph, given where its inputs lie and where its outputs belong."""


def lower_loop(node: Node, network: Network, placement: Placement, inline: Inline) -> list[Operation]:
    """Every iteration finds and leaves what it hands on where the outputs of the loop lie."""
    homes = [placement.home(value) for value in node.outputs]
    result: list[Operation] = []
    for value, home in zip(node.inputs, homes, strict=True):
        result += placement.place(value, home, node)
    body = network.graphs[node.options.body]
    inside = inline(body, dict(zip(body.inputs, homes, strict=True)), homes)
    begin = LoopBegin(body.name, node.origin, node.options.count, homes)
    return [*result, begin, *inside, LoopEnd(body.name, node.origin, begin)]


def lower_branch(node: Node, network: Network, placement: Placement, inline: Inline) -> list[Operation]:
    """Both branches read the operands where they lie and leave their results in the same places."""
    result = [copy for value in node.inputs for copy in placement.gather(value, node)]
    graphs = [network.graphs[index] for index in node.options.live]
    _share_what_passes(node, graphs, placement)
    operands = [placement.span(value, node) for value in node.inputs[1:]]
    homes = [placement.home(value) for value in node.outputs]
    branches = [inline(graph, dict(zip(graph.inputs, operands, strict=True)), homes) for graph in graphs]
    if len(branches) == 1:
        return result + branches[0]
    return result + _chosen(node, placement.span(node.inputs[0], node), *branches)


def _share_what_passes(node: Node, graphs: list[Graph], placement: Placement) -> None:
    """Where the only result may be an operand as it is, it lies there already if nobody else needs that."""
    for graph in graphs:
        if len(graph.outputs) == 1 and graph.outputs[0] in graph.inputs:
            passed = node.inputs[1 + graph.inputs.index(graph.outputs[0])]
            if [placement.base(value) for value in node.inputs].count(placement.base(passed)) == 1:
                placement.share_dying_operand(node, passed)


def _chosen(node: Node, condition: Span, then: list[Operation], other: list[Operation]) -> list[Operation]:
    """``if`` and ``else``, each only where there is something to do."""
    name = node.outputs[0].name if node.outputs else "branch"
    if not then and not other:
        return []
    begin, end = BranchBegin(name, node.origin, condition, bool(then)), BranchEnd(name, node.origin)
    if not then or not other:
        return [begin, *then, *other, end]
    return [begin, *then, BranchElse(name, node.origin), *other, end]
