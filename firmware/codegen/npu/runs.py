"""Runs: consecutive operators that one job can compute, and where such a run has to be cut.

Inside a run, attention reads rings whose newest row the same run computes. Vela sees no connection between
the two, so the graph is compiled in segments, and their streams are joined (``joining.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from skipstone.firmware.codegen.graph import Fused, Graph, Node, Value
from skipstone.firmware.codegen.npu.cut import Segment, base_of
from skipstone.firmware.codegen.npu.eligibility import computes
from skipstone.firmware.codegen.npu.job import ALIGNMENT, FIRST_OPERAND_REGION, REGIONS
from skipstone.firmware.codegen.rewrites.views import is_view, view_of


def runs_of(graph: Graph, may_run: Callable[[Node], bool]) -> list[list[Node]]:
    """Maximal runs of consecutive nodes for the NPU; they end at gates, states and other operators.

    Args:
        graph: main graph or block body.
        may_run: asked once for every node that computes something.
    """
    runs: list[list[Node]] = [[]]
    for node in graph.nodes:
        if not computes(node):
            if not (is_view(node) or node.kind in (Fused.RING_PUSH, Fused.RING_READ)):
                runs.append([])
        elif not may_run(node):
            runs.append([])
        elif _fits(graph, runs[-1], node):
            runs[-1].append(node)
        else:
            runs.append([node])
    return [run for run in runs if run]


def _fits(graph: Graph, run: list[Node], node: Node) -> bool:
    """Whether ``node`` may join ``run``: what it reads of the run is whole, and there are regions enough."""
    made = {id(value) for member in run for value in member.outputs}
    for value in _operands(node):
        if id(view_of(graph, value).base) in made and base_of(graph, value) is None:
            return False
    for state_row in _rows_read(graph, node):
        if id(view_of(graph, state_row).base) in made and not _lands_in_ring(graph, run, state_row):
            return False
    members = [*run, node]
    return len(inputs_of(graph, members)) + len(outputs_of(graph, members)) <= REGIONS - FIRST_OPERAND_REGION


def _operands(node: Node) -> list[Value]:
    return [value for value in node.inputs if value.data is None]


def _rows_read(graph: Graph, node: Node) -> list[Value]:
    """New rows of the rings that ``node`` reads and this graph pushes."""
    pushes = [graph.producer(view_of(graph, value).base) for value in _operands(node)]
    return [push.inputs[0] for push in pushes if push is not None and push.kind == Fused.RING_PUSH]


def _lands_in_ring(graph: Graph, run: list[Node], row: Value) -> bool:
    """Whether the lowering will have ``row`` computed in the ring itself, at an aligned address."""
    base = base_of(graph, row)
    pushed = [node for node in graph.nodes if node.kind == Fused.RING_PUSH]
    takers = [push for push in pushed if view_of(graph, push.inputs[0]).base is base]
    is_output = any(view_of(graph, output).base is base for output in graph.outputs)
    return base is not None and len(takers) == 1 and not is_output and row.elements % ALIGNMENT == 0


def inputs_of(graph: Graph, run: Sequence[Node]) -> list[Value]:
    """What a run reads from outside, once each: whole tensors by their base, parts as they are."""
    made = {id(value) for node in run for value in node.outputs}
    found: dict[int, Value] = {}
    for node in run:
        for value in _operands(node):
            source = base_of(graph, value) or value
            if id(source) not in made:
                found.setdefault(id(source), source)
    return list(found.values())


def outputs_of(graph: Graph, run: Sequence[Node]) -> list[Value]:
    """What others read of a run."""
    inside = set(map(id, run))
    needed = {id(view_of(graph, value).base) for value in graph.outputs}
    for node in graph.nodes:
        if id(node) not in inside and not is_view(node):
            needed |= {id(view_of(graph, value).base) for value in _operands(node)}
    return [value for node in run for value in node.outputs if id(value) in needed]


def segments_of(graph: Graph, run: list[Node]) -> list[Segment]:
    """Cut a run where a node reads a ring whose newest row the run has just computed."""
    parts: list[list[Node]] = [[]]
    for node in run:
        made = {id(value) for member in parts[-1] for value in member.outputs}
        if any(id(view_of(graph, row).base) in made for row in _rows_read(graph, node)):
            parts.append([])
        parts[-1].append(node)
    return [
        Segment(tuple(part), tuple(inputs_of(graph, part)), tuple(outputs_of(graph, part))) for part in parts
    ]
