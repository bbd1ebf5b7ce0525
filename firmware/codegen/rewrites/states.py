"""State that shifts by one row a step becomes a ring buffer.

``READ_VARIABLE → SLICE (drop the oldest row) → CONCATENATION (append the new one) → ASSIGN_VARIABLE`` copies
the whole state. A ring buffer overwrites the oldest row instead, and an index says where that is. A block
body may read a ring that the main graph pushes (K/V policy ``always_kv``).
"""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, RingOptions, State, Value

_REMEDY = (
    "write it as CONCATENATION(SLICE(state without its oldest row), new row) along the axis of time, "
    "assigned once a step"
)


class _NotAShiftError(Exception):
    """What keeps an assignment from being a shift by one row."""


def make_rings(network: Network, graph: Graph, findings: Findings) -> None:
    """Replace every shifting state of ``graph`` by a ``RING_PUSH`` node."""
    for assign in [node for node in graph.nodes if node.kind == "ASSIGN_VARIABLE"]:
        state = state_of(network, graph, assign.inputs[0])
        try:
            _fuse(graph, assign, state)
        except _NotAShiftError as problem:
            findings.add(f"state '{state.name}'", str(problem), _REMEDY)


def make_ring_reads(network: Network, findings: Findings) -> None:
    """Replace what is left of READ_VARIABLE in block bodies by ``RING_READ`` nodes, after :func:`make_rings`.

    The device pushes a row by computing it in the ring. A body therefore sees the same window as in TFLM only
    if the main graph pushes at every step, before the block.
    """
    for graph in network.reachable():
        for position, node in enumerate(graph.nodes):
            if node.kind == "READ_VARIABLE":
                state = state_of(network, graph, node.inputs[0])
                problem = _read_problem(network, graph, node, state)
                if problem:
                    findings.add(str(node), problem, _REMEDY)
                graph.nodes[position] = Node(
                    Fused.RING_READ, [], node.outputs, RingOptions(state), node.origin
                )
        graph.nodes = [node for node in graph.nodes if node.kind != "VAR_HANDLE"]


def _read_problem(network: Network, graph: Graph, read: Node, state: State) -> str | None:
    pushes = {other.index: _pushes(other, state) for other in network.reachable()}
    of_main = pushes.pop(network.main.index)
    if graph is network.main or not of_main:
        return (
            "the state is read but not shifted in the same subgraph, nor before the block in the main graph"
        )
    if len(of_main) > 1 or any(pushes.values()):
        return "the state is shifted more than once"
    window = of_main[0].outputs[0]
    if window.shape != read.outputs[0].shape or not _same_quantization(window, read.outputs[0]):
        return "it is read with another shape or quantization than it was written with"
    branches = (n for n in network.main.nodes if n.kind == "IF" and graph.index == n.options.then_subgraph)
    first = min((network.main.nodes.index(node) for node in branches), default=0)
    if network.main.nodes.index(of_main[0]) > first:
        return "the main graph shifts the state after the block that reads it"
    return None


def _pushes(graph: Graph, state: State) -> list[Node]:
    return [node for node in graph.nodes if node.kind == Fused.RING_PUSH and node.options.state is state]


def state_of(network: Network, graph: Graph, handle: Value) -> State:
    """The state behind a resource handle."""
    node = graph.producer(handle)
    assert node is not None, "legality has checked the handles"
    return network.states[node.options.shared_name]


def _fuse(graph: Graph, assign: Node, state: State) -> None:
    """Make the ring of one ASSIGN_VARIABLE."""
    window = assign.inputs[1]
    concat = _producer(graph, window, "CONCATENATION", "what is assigned is not kept rows and a new one")
    if len(concat.inputs) != 2:
        raise _NotAShiftError("what is assigned is not kept rows and a new one")
    kept, new = concat.inputs
    axis = concat.options.axis % len(window.shape)
    cut = _producer(graph, kept, "SLICE", "the kept rows are not a SLICE of the state")
    read = _producer(graph, cut.inputs[0], "READ_VARIABLE", "the kept rows are not a SLICE of the state")
    if not _same_variable(graph, read, assign):
        raise _NotAShiftError("rows of one state are assigned to another one")
    if not (graph.is_used_once(read.outputs[0]) and graph.is_used_once(kept)):
        raise _NotAShiftError("the rows before the shift are read a second time")
    if not _drops_oldest_row(cut, axis) or new.shape[axis] != 1:
        raise _NotAShiftError("the state shifts by more than one row")
    if window.shape != state.shape or any(size != 1 for size in window.shape[:axis]):
        raise _NotAShiftError(f"rows along axis {axis} of shape {list(window.shape)} are not contiguous")
    if not _same_quantization(window, new):
        raise _NotAShiftError("the new row is quantized differently from the state")
    state.rows = window.shape[axis]
    push = Node(Fused.RING_PUSH, [new], [window], RingOptions(state), assign.origin)
    graph.nodes.insert(graph.nodes.index(concat), push)
    graph.nodes = [node for node in graph.nodes if node not in (read, cut, concat, assign)]


def _producer(graph: Graph, value: Value, kind: str, problem: str) -> Node:
    node = graph.producer(value)
    if node is None or node.kind != kind:
        raise _NotAShiftError(problem)
    return node


def _same_variable(graph: Graph, read: Node, assign: Node) -> bool:
    handles = [graph.producer(node.inputs[0]) for node in (read, assign)]
    names = {handle.options.shared_name for handle in handles if handle is not None}
    return len(names) == 1


def _drops_oldest_row(cut: Node, axis: int) -> bool:
    begin = cut.inputs[1].data
    if begin is None:
        return False
    expected = [1 if position == axis else 0 for position in range(len(cut.outputs[0].shape))]
    shrunk = [n + e for n, e in zip(cut.outputs[0].shape, expected, strict=True)]
    return begin.ravel().tolist() == expected and tuple(shrunk) == cut.inputs[0].shape


def _same_quantization(a: Value, b: Value) -> bool:
    return a.scales.tolist() == b.scales.tolist() and a.zero_points.tolist() == b.zero_points.tolist()
