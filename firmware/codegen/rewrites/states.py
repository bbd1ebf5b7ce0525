"""State that shifts becomes a window: a ring buffer, or rows in order that move up.

Exporters write the shift as ``READ_VARIABLE → SLICE (drop the oldest rows) → CONCATENATION (append the new
ones) → ASSIGN_VARIABLE``, or join first and store the last rows. Either way the whole state is copied. A
window overwrites the oldest row instead and keeps an index of it (ring), or moves up in place and lets the
new rows be computed behind what is left (in order). A ring costs nothing, but only readers that do not mind
the order of the rows can use it. A block body may read a window that the main graph pushes (K/V policy
``always_kv``). Every other use of a state reads and writes it as it stands; so does one by several branches.
"""

from __future__ import annotations

from contextlib import suppress

from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, RingOptions, State, Value
from skipstone.firmware.codegen.rewrites.views import View, is_view, view_of

_READERS_OF_A_RING = frozenset({"DEPTHWISE_CONV_2D", Fused.ATTENTION})
_WINDOWS = (Fused.RING_PUSH, Fused.SHIFT)


class _NotAShiftError(Exception):
    """What keeps an assignment from being a shift."""


def make_windows(network: Network) -> None:
    """Replace every shifting state by a ``RING_PUSH`` or, by several rows, a ``SHIFT`` node."""
    uses: dict[str, list[tuple[Graph, Node]]] = {}
    for graph in network.reachable():
        for node in graph.nodes:
            if node.kind in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
                uses.setdefault(state_of(network, graph, node.inputs[0]).name, []).append((graph, node))
    for name, of_state in uses.items():
        assigned = [(graph, node) for graph, node in of_state if node.kind == "ASSIGN_VARIABLE"]
        if len(assigned) == 1:
            with suppress(_NotAShiftError):  # it is read and written as it stands
                _fuse(network, *assigned[0], network.states[name], of_state)
    for graph in network.reachable():
        graph.remove_dead_nodes()


def settle_windows(network: Network) -> None:
    """Turn rings with a reader that needs the rows in order into ``SHIFT`` nodes; attention is fused."""
    for graph in network.reachable():
        for node in graph.nodes:
            if node.kind in (*_WINDOWS, Fused.RING_READ) and not _takes_a_ring(graph, node.outputs[0]):
                node.options.state.is_ring = False
    for graph in network.reachable():
        for node in graph.nodes:
            if node.kind == Fused.RING_PUSH and not node.options.state.is_ring:
                node.kind = Fused.SHIFT


def _takes_a_ring(graph: Graph, window: Value) -> bool:
    """Whether every reader of ``window`` is attention over it or a depthwise convolution over all of it."""
    if any(view_of(graph, output).base is window for output in graph.outputs):
        return False
    for node in graph.nodes:
        for operand in node.inputs:
            if operand.data is not None:
                continue
            view = view_of(graph, operand)
            if view.base is not window or is_view(node):
                continue
            if window.dtype != "int8":
                return False  # kernels of rings are int8
            is_whole = view.contiguous_offset == 0 and operand.elements == window.elements
            if node.kind not in _READERS_OF_A_RING or not is_whole or not _is_one_output(node):
                return False
    return True


def _is_one_output(node: Node) -> bool:
    """Attention, or a convolution over time that gives one row."""
    if node.kind != "DEPTHWISE_CONV_2D":
        return True
    window, weights, output = node.inputs[0], node.inputs[1], node.outputs[0]
    return (
        window.shape[2] == 1
        and weights.shape == (1, *window.shape[1:])
        and output.elements == weights.shape[-1]
        and tuple(node.options.dilation) == (1, 1)
    )


def make_state_nodes(network: Network) -> None:
    """Replace what is left of READ_VARIABLE and ASSIGN_VARIABLE, after :func:`make_windows`."""
    windows = {id(n.options.state) for g in network.reachable() for n in g.nodes if n.kind in _WINDOWS}
    for graph in network.reachable():
        for position, node in enumerate(graph.nodes):
            if node.kind not in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
                continue
            state = state_of(network, graph, node.inputs[0])
            options = RingOptions(state)
            if node.kind == "ASSIGN_VARIABLE":
                replacement = Node(Fused.STATE_WRITE, node.inputs[1:], [], options, node.origin)
            else:
                kind = Fused.RING_READ if id(state) in windows else Fused.STATE_READ
                replacement = Node(kind, [], node.outputs, options, node.origin)
            graph.nodes[position] = replacement
        graph.nodes = [node for node in graph.nodes if node.kind != "VAR_HANDLE"]


def _check_readers(
    network: Network, graph: Graph, assign: Node, window: Value, readers: list[tuple[Graph, Node]]
) -> None:
    """The other readers of a window.

    The device pushes a row by computing it in the window. A branch therefore sees the same window as in TFLM
    only if the main graph pushes it at every step, before the branch.
    """
    main = network.main
    for reader, read in readers:
        run = [n for n in main.nodes if n.kind == "IF" and reader.index in vars(n.options).values()]
        if graph is not main or not run or main.nodes.index(run[0]) < main.nodes.index(assign):
            raise _NotAShiftError("it is read in another subgraph, which may run before the shift")
        if window.shape != read.outputs[0].shape or not _same_quantization(window, read.outputs[0]):
            raise _NotAShiftError("it is read with another shape or quantization than it was written with")


def state_of(network: Network, graph: Graph, handle: Value) -> State:
    """The state behind a resource handle."""
    node = graph.producer(handle)
    assert node is not None, "legality has checked the handles"
    return network.states[node.options.shared_name]


def _fuse(network: Network, graph: Graph, assign: Node, state: State, uses: list[tuple[Graph, Node]]) -> None:
    """Make the window of the only ASSIGN_VARIABLE of a state; ``uses``: all that read or assign it."""
    stored = view_of(graph, assign.inputs[1])
    concat = graph.producer(stored.base)
    if concat is None or concat.kind != "CONCATENATION" or len(concat.inputs) != 2:
        raise _NotAShiftError("what is assigned is not kept rows and new ones")
    window, (old, new) = concat.outputs[0], concat.inputs
    axis = concat.options.axis % len(window.shape)
    kept = view_of(graph, old)
    read = graph.producer(kept.base)
    if read is None or read.kind != "READ_VARIABLE" or not _same_variable(graph, read, assign):
        raise _NotAShiftError("the kept rows are not rows of the state")
    if any(size != 1 for size in window.shape[:axis]):
        raise _NotAShiftError(f"rows along axis {axis} of shape {list(window.shape)} are not contiguous")
    if not (_same_quantization(window, new) and _same_quantization(window, old)):
        raise _NotAShiftError("the new rows are quantized differently from the state")
    rows, new_rows = window.shape[axis], new.shape[axis]
    row_size = window.elements // rows
    first_row, kept_rows = rows - stored.elements.size // row_size, rows - new_rows
    stored_rows = rows - first_row
    is_whole = stored_rows * window.bytes // rows == state.bytes == kept.base.bytes
    is_shift = is_whole and kept_rows <= stored_rows
    if not (is_shift and _is_tail(stored) and _is_tail(kept) and old.elements == kept_rows * row_size):
        raise _NotAShiftError("what is stored are not the latest rows")
    if len(graph.consumers(read.outputs[0])) != 1 or read.outputs[0] in graph.outputs:
        raise _NotAShiftError("the rows before the shift are read a second time")
    others = [(reader, node) for reader, node in uses if node not in (read, assign)]
    _check_readers(network, graph, assign, window, others)
    state.rows, state.first_row, state.is_ring = rows, first_row, new_rows == 1
    kind = Fused.RING_PUSH if state.is_ring else Fused.SHIFT
    push = Node(kind, [new], [window], RingOptions(state), assign.origin)
    graph.nodes.insert(graph.nodes.index(concat), push)
    graph.nodes = [node for node in graph.nodes if node not in (concat, assign)]


def _is_tail(view: View) -> bool:
    """Whether a view shows the end of its base."""
    return view.contiguous_offset == view.base.elements - view.elements.size


def _same_variable(graph: Graph, read: Node, assign: Node) -> bool:
    handles = [graph.producer(node.inputs[0]) for node in (read, assign)]
    names = {handle.options.shared_name for handle in handles if handle is not None}
    return len(names) == 1


def _same_quantization(a: Value, b: Value) -> bool:
    return a.scales.tolist() == b.scales.tolist() and a.zero_points.tolist() == b.zero_points.tolist()
