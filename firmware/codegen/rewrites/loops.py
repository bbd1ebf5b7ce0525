"""WHILE that counts becomes a loop of a known number of iterations; its counter is no tensor any more.

The condition compares one int32 input with a constant, and the body adds a constant to it and does nothing
else with it. Other conditions depend on data: then nothing bounds the time of a step, and WHILE is a finding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, Value

MOST_ITERATIONS = 10_000
_REMEDY = (
    "count an int32 from a constant by a constant up to a constant "
    f"(at most {MOST_ITERATIONS:,} iterations), or unroll the loop"
)
_REMEDY_OF_STATES = (
    "read them before the loop, hand their values from one iteration to the next and assign them after it, "
    "or unroll the loop"
)
_STATEFUL = ("CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE")


@dataclass(frozen=True)
class LoopOptions:
    """Options of a ``LOOP`` node.

    Attributes:
        body: subgraph number; its inputs and outputs are what an iteration hands to the next, in the order
            of the node's inputs and outputs.
        count: iterations.
    """

    body: int
    count: int


class _NotCountedError(Exception):
    """Why a WHILE has no number of iterations."""


def make_loops(network: Network, findings: Findings) -> None:
    """Replace every WHILE by a ``LOOP`` node; those that do not count are findings."""
    for graph in network.reachable():
        for node in [node for node in graph.nodes if node.kind == "WHILE"]:
            body = network.graphs[node.options.body_subgraph]
            if _has_resource_variables(network, body):
                findings.add(str(node), "its body has resource variables", _REMEDY_OF_STATES)
                continue
            try:
                loop = _counted(network.graphs[node.options.condition_subgraph], body, graph, node)
            except _NotCountedError as problem:
                findings.add(str(node), str(problem), _REMEDY)
                continue
            graph.replace_nodes([node], loop)


def _has_resource_variables(network: Network, body: Graph) -> bool:
    """In the body itself or in branches and loops inside it."""
    return any(node.kind in _STATEFUL for graph in network.reachable(body) for node in graph.nodes)


def _counted(condition: Graph, body: Graph, graph: Graph, node: Node) -> Node:
    """The ``LOOP`` node; it takes the counter and a passed-through limit out of the body."""
    counter, limit, limit_input = _comparison(condition, body, node)
    increment, addition = _increment(body, counter)
    start = _scalar(node.inputs[counter])
    if start is None:
        raise _NotCountedError("its counter does not start at a constant")
    count = max(0, -(-(limit - start) // increment))
    if count > MOST_ITERATIONS:
        raise _NotCountedError(f"{count:,} iterations")
    body.nodes.remove(addition)
    dropped = {counter, limit_input}
    for position, last in ((counter, start + count * increment), (limit_input, limit)):
        if position is not None:
            _fold(graph, node.outputs[position], last)
    kept = [position for position in range(len(node.inputs)) if position not in dropped]
    body.inputs = [body.inputs[position] for position in kept]
    body.outputs = [body.outputs[position] for position in kept]
    inputs, outputs = [node.inputs[p] for p in kept], [node.outputs[p] for p in kept]
    return Node(Fused.LOOP, inputs, outputs, LoopOptions(body.index, count), node.origin)


def _comparison(condition: Graph, body: Graph, node: Node) -> tuple[int, int, int | None]:
    """Position of the counter, its limit, and the limit's position where it is an input."""
    test = condition.nodes[0] if len(condition.nodes) == 1 else None
    if test is None or test.kind not in ("LESS", "GREATER") or test.outputs[0] is not condition.outputs[0]:
        raise _NotCountedError("its condition is not one comparison")
    low, high = test.inputs if test.kind == "LESS" else reversed(test.inputs)
    if low not in condition.inputs or low.dtype != "int32" or low.elements != 1:
        raise _NotCountedError("its condition does not compare one int32 of its inputs")
    counter = condition.inputs.index(low)
    if high not in condition.inputs:
        limit, position = _scalar(high), None
    else:
        position = condition.inputs.index(high)
        limit = _scalar(node.inputs[position]) if _passes_through(body, position) else None
    if limit is None:
        raise _NotCountedError("its limit is not a constant")
    return counter, limit, position


def _passes_through(body: Graph, position: int) -> bool:
    """Whether the body hands an input on and does nothing else with it."""
    value = body.inputs[position]
    return body.outputs[position] is value and not body.consumers(value) and body.outputs.count(value) == 1


def _increment(body: Graph, counter: int) -> tuple[int, Node]:
    """What the body adds to the counter, and where."""
    before, after = body.inputs[counter], body.outputs[counter]
    addition = body.producer(after)
    if addition is None or addition.kind != "ADD" or before not in addition.inputs:
        raise _NotCountedError("its body does not add to the counter")
    steps = [_scalar(value) for value in addition.inputs if value is not before]
    if len(steps) != 1 or steps[0] is None or steps[0] < 1 or addition.options.activation != "none":
        raise _NotCountedError("its body does not add one positive constant to the counter")
    if body.consumers(before) != [addition] or before in body.outputs:
        raise _NotCountedError("its body reads the counter")
    if body.consumers(after) or body.outputs.count(after) != 1:
        raise _NotCountedError("its body reads the counter")
    return steps[0], addition


def _scalar(value: Value) -> int | None:
    """The number that a constant int32 of one element holds."""
    if value.data is None or value.dtype != "int32" or value.elements != 1:
        return None
    return int(value.data.ravel()[0])


def _fold(graph: Graph, value: Value, number: int) -> None:
    """After the loop the counter is known."""
    if value in graph.outputs:
        raise _NotCountedError("its counter is an output of the graph")
    value.data = np.full(value.shape, number, np.int32)
