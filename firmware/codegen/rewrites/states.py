"""State that shifts by one row a step becomes a ring buffer.

``READ_VARIABLE → SLICE (drop the oldest row) → CONCATENATION (append the new one) → ASSIGN_VARIABLE`` copies the
whole state. A ring buffer overwrites the oldest row instead, and an index says where that is.
"""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, RingPush, State, Value

_REMEDY = (
    "write it as CONCATENATION(SLICE(state without its oldest row), new row) along the axis of time, "
    "assigned once a step"
)


def make_rings(network: Network, graph: Graph, findings: Findings) -> None:
    """Replace every shifting state of ``graph`` by a ``RING_PUSH`` node."""
    for assign in [node for node in graph.nodes if node.kind == "ASSIGN_VARIABLE"]:
        state = state_of(network, graph, assign.inputs[0])
        problem = _fuse(graph, assign, state)
        if problem:
            findings.add(f"state '{state.name}'", problem, _REMEDY)
    graph.nodes = [node for node in graph.nodes if node.kind != "VAR_HANDLE"]
    for node in graph.nodes:
        if node.kind == "READ_VARIABLE":
            findings.add(str(node), "the state is read but not shifted in the same subgraph", _REMEDY)


def state_of(network: Network, graph: Graph, handle: Value) -> State:
    """The state behind a resource handle."""
    node = graph.producer(handle)
    assert node is not None, "the importer resolves every handle"
    return network.states[node.options.shared_name]


def _fuse(graph: Graph, assign: Node, state: State) -> str | None:
    """Make the ring of one ASSIGN_VARIABLE; returns what is in the way, if anything."""
    window = assign.inputs[1]
    concat = graph.producer(window)
    if concat is None or concat.kind != "CONCATENATION" or len(concat.inputs) != 2:
        return "what is assigned is not the concatenation of the kept rows and a new one"
    kept, new = concat.inputs
    axis = concat.options.axis % len(window.shape)
    cut = graph.producer(kept)
    read = graph.producer(cut.inputs[0]) if cut is not None and cut.kind == "SLICE" else None
    if cut is None or read is None or read.kind != "READ_VARIABLE":
        return "the kept rows are not a SLICE of the state itself"
    if not _same_variable(graph, read, assign):
        return "rows of one state are assigned to another one"
    if not (graph.is_used_once(read.outputs[0]) and graph.is_used_once(kept)):
        return "the rows before the shift are read a second time"
    if not _drops_oldest_row(cut, axis) or new.shape[axis] != 1:
        return "the state shifts by more than one row"
    if window.shape != state.shape or any(size != 1 for size in window.shape[:axis]):
        return f"rows along axis {axis} of shape {list(window.shape)} are not contiguous in memory"
    if not _same_quantization(window, new):
        return "the new row is quantized differently from the state"
    state.rows = window.shape[axis]
    push = Node(Fused.RING_PUSH, [new], [window], RingPush(state), assign.origin)
    graph.nodes.insert(graph.nodes.index(concat), push)
    graph.nodes = [node for node in graph.nodes if node not in (read, cut, concat, assign)]
    return None


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
