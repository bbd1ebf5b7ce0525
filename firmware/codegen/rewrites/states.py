"""State that shifts by one row a step becomes a ring buffer.

``READ_VARIABLE → SLICE (drop the oldest row) → CONCATENATION (append the new one) → ASSIGN_VARIABLE`` copies
the whole state. A ring buffer overwrites the oldest row instead, and an index says where that is.
"""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, RingPush, State, Value

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
    graph.nodes = [node for node in graph.nodes if node.kind != "VAR_HANDLE"]
    for node in graph.nodes:
        if node.kind == "READ_VARIABLE":
            findings.add(str(node), "the state is read but not shifted in the same subgraph", _REMEDY)


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
    push = Node(Fused.RING_PUSH, [new], [window], RingPush(state), assign.origin)
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
