"""IF that is no gated block becomes a branch: ``if (condition) { … } else { … }``.

Before other rewrites touch them, every IF and WHILE gets subgraphs of its own: one that runs from two places
is copied, so that each copy can be placed where its operands lie. Its states stay one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, Value

MOST_COPIES = 200
"""Subgraphs that are copied in a model: those that run others twice double with every level."""

_CALLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"IF": ("then_subgraph", "else_subgraph"), "WHILE": ("condition_subgraph", "body_subgraph")}
)


@dataclass(frozen=True)
class BranchOptions:
    """Options of a ``BRANCH`` node.

    Attributes:
        then: subgraph number of what runs if the condition holds.
        otherwise: of what runs if it does not.
        always: the value of a constant condition; ``None`` where it is computed.
    """

    then: int
    otherwise: int
    always: bool | None = None

    @property
    def live(self) -> tuple[int, ...]:
        """What can run."""
        if self.always is None:
            return self.then, self.otherwise
        return (self.then if self.always else self.otherwise,)


def own_subgraphs(network: Network, findings: Findings) -> None:
    """Give every IF and WHILE subgraphs that nothing else runs."""
    taken: set[int] = set()
    copies = 0
    for graph in network.reachable():
        for node in [node for node in graph.nodes if node.kind in _CALLS]:
            own = {}
            for name in _CALLS[node.kind]:
                own[name] = index = getattr(node.options, name)
                if index in taken:
                    copies += 1
                    own[name] = _copy(network, network.graphs[index])
                taken.add(own[name])
            if copies > MOST_COPIES:
                problem = f"subgraphs that are run from several places, more than {MOST_COPIES} times in all"
                findings.add(str(node), problem, "run fewer subgraphs from within other subgraphs")
                return
            node.options = replace(node.options, **own)


def _copy(network: Network, graph: Graph) -> int:
    """A copy of ``graph``; constants and states are shared."""
    values: dict[int, Value] = {}

    def same(value: Value) -> Value:
        return values.setdefault(id(value), replace(value))

    index = max(network.graphs) + 1
    network.graphs[index] = Graph(
        index,
        graph.name,
        [same(value) for value in graph.inputs],
        [same(value) for value in graph.outputs],
        [
            Node(node.kind, [*map(same, node.inputs)], [*map(same, node.outputs)], node.options, node.origin)
            for node in graph.nodes
        ],
        graph.subgraph,
    )
    return index


def make_branches(network: Network) -> None:
    """Replace every IF that is left by a ``BRANCH`` node, after the gated blocks were found."""
    for graph in list(network.graphs.values()):
        for position, node in enumerate(graph.nodes):
            if node.kind == "IF":
                condition = node.inputs[0].data
                always = None if condition is None else bool(condition.ravel()[0])
                options = BranchOptions(node.options.then_subgraph, node.options.else_subgraph, always)
                graph.nodes[position] = Node(Fused.BRANCH, node.inputs, node.outputs, options, node.origin)
