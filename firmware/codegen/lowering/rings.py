"""Rings that move together share one index of the oldest row."""

from __future__ import annotations

from skipstone.firmware.codegen.graph import Fused, Graph, Node
from skipstone.firmware.codegen.program import RingHead


def ring_heads(graph: Graph) -> list[tuple[Node, RingHead]]:
    """The head of every ring that ``graph`` pushes, in order of execution.

    Key and value ring of one attention share a head; it moves on after the later of the two pushes, which the
    attention follows. Every other ring has a head of its own.
    """
    pushes = [node for node in graph.nodes if node.kind == Fused.RING_PUSH]
    heads: dict[str, RingHead] = {}
    for attention in [node for node in graph.nodes if node.kind == Fused.ATTENTION]:
        pair = [node for node in pushes if node.outputs[0] in attention.inputs[1:]]
        names = [node.options.state.name for node in pair]
        if any(name in heads for name in names) or len(pair) != 2:
            continue
        shared = RingHead(_common_name(names), pair[0].options.state.rows, [n.options.state for n in pair])
        heads |= dict.fromkeys(names, shared)
    for node in pushes:
        state = node.options.state
        if state.name not in heads:
            heads[state.name] = RingHead(f"{state.name}/oldest", state.rows, [state])
    return [(node, heads[node.options.state.name]) for node in pushes]


def _common_name(names: list[str]) -> str:
    """``layer0/mha/key``, ``layer0/mha/value`` → ``layer0/mha/oldest``."""
    shared = []
    for parts in zip(*(name.split("/") for name in names), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join([*(shared or [names[0]]), "oldest"])
