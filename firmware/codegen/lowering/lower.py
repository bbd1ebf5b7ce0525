"""The driver of the lowering: main graph and block bodies in order of execution."""

from __future__ import annotations

from functools import partial

from skipstone.firmware.codegen.buffers import Buffer, Role, Span
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, State, Value
from skipstone.firmware.codegen.lowering.branches import Spans, lower_branch, lower_loop
from skipstone.firmware.codegen.lowering.copies import copy_span
from skipstone.firmware.codegen.lowering.fused import LOWERED
from skipstone.firmware.codegen.lowering.joins import claim_parts, lower_join
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.lowering.rings import ring_heads
from skipstone.firmware.codegen.operations import KernelCall, Operation
from skipstone.firmware.codegen.operator_rules import RULES
from skipstone.firmware.codegen.packing.shift import pack_shift
from skipstone.firmware.codegen.program import Function, Program, RingAdvance, RingHead, RunBlock
from skipstone.firmware.codegen.rewrites.views import is_view, view_of
from skipstone.firmware.codegen.rule import Lowering

_PUSHES = (Fused.RING_PUSH, Fused.SHIFT, Fused.STATE_WRITE)


def lower(network: Network, findings: Findings) -> Program:
    """Make the program of a rewritten network; what cannot be lowered goes to ``findings``."""
    return _Lowering(network, findings).run()


class _Lowering:
    def __init__(self, network: Network, findings: Findings) -> None:
        self._network = network
        self._findings = findings
        self._heads: list[RingHead] = []
        self._slots: dict[str, Buffer] = {}
        self._in_order: dict[str, Buffer] = {}

    def run(self) -> Program:
        """Lower the main graph, which lowers the bodies on its way."""
        main = self._network.main
        features = _outside(main.inputs[0], Role.FEATURES)
        bias = _outside(main.inputs[1], Role.GATE_BIAS) if len(main.inputs) > 1 else None
        logits = _outside(main.outputs[0], Role.LOGITS)
        gates = _outside(main.outputs[1], Role.GATES) if len(main.outputs) > 1 else None
        given = {main.inputs[0]: _whole(features)}
        if bias is not None:
            given[main.inputs[1]] = _whole(bias)
        function = Function("step", main.index)
        wanted = [(main.outputs[0], _whole(logits))]
        if gates is not None:
            wanted.append((main.outputs[1], _whole(gates)))
        self._lower_graph(main, function, given, wanted)
        self._check_gate_counts(bias, gates, function)
        states = [buffer.state for buffer in self._in_order.values() if buffer.state is not None]
        quantization = main.outputs[0].quantization
        return Program(function, features, bias, logits, gates, self._heads, quantization, states)

    def _check_gate_counts(self, bias: Buffer | None, gates: Buffer | None, step: Function) -> None:
        blocks = sum(isinstance(operation, RunBlock) for operation in step.operations)
        if blocks and bias is None:
            self._findings.add(
                "main graph",
                "gated blocks, but no second input that biases the gates",
                "add the input gate_bias, as `skipstone convert` does: masks, traces and the dial need it",
            )
        for buffer in (bias, gates):
            if buffer is not None and buffer.elements != blocks:
                self._findings.add(
                    f"tensor '{buffer.name}'",
                    f"{buffer.elements} elements for {blocks} blocks",
                    "gate_bias and gates have one element a block",
                )

    def _lower_graph(
        self, graph: Graph, function: Function, given: Spans, wanted: list[tuple[Value, Span]]
    ) -> None:
        """Lower the nodes of ``graph`` into ``function``; each value of ``wanted`` must end in its span."""
        placement = Placement(graph, {**given, **self._windows(graph)}, self._findings)
        function.operations += self._shifts(graph, placement)
        copies = [pair for pair in wanted if not _settle(graph, placement, *pair, given)]
        advance_after = self._claim_rings(graph, placement)
        claim_parts(graph, placement)
        for node in graph.nodes:
            function.operations += self._lower_node(graph, node, placement)
            head = advance_after.get(node)
            if head is not None:
                function.operations.append(RingAdvance(head.name, node.origin, head))
        function.operations += _write_back(graph, placement, copies, given)

    def _memory(self, state: State) -> Buffer:
        """The memory of a state whose rows lie in order."""
        if state.name not in self._in_order:
            memory = Buffer(state.name, state.memory_bytes, Role.STATE, state, width=state.width)
            self._in_order[state.name] = memory
        return self._in_order[state.name]

    def _windows(self, graph: Graph) -> dict[Value, Span]:
        """Windows and states in order that ``graph`` reads where they lie."""
        spans = {}
        for value in (value for node in graph.nodes for value in node.inputs if value.is_variable):
            spans[value] = _whole(self._memory(self._network.states[value.name]))
        for position, node in enumerate(graph.nodes):
            if node.kind in (Fused.SHIFT, Fused.RING_READ) and not node.options.state.is_ring:
                spans[node.outputs[0]] = _whole(self._memory(node.options.state))
            if node.kind == Fused.STATE_READ:
                memory = self._memory(node.options.state)
                if _stays_valid(graph, position):
                    spans[node.outputs[0]] = _whole(memory)
        return spans

    def _shifts(self, graph: Graph, placement: Placement) -> list[Operation]:
        """Before anything else, states in order move up by the rows that the step will write behind them."""
        operations: list[Operation] = []
        for node in graph.nodes:
            if node.kind != Fused.SHIFT:
                continue
            memory, new = self._memory(node.options.state), node.inputs[0]
            kept = memory.bytes - new.bytes
            placement.claim(new, Span(memory, kept, new.bytes))
            if kept:
                spans = Span(memory, new.bytes, kept), Span(memory, 0, kept)
                pack = partial(pack_shift, kept)
                operations.append(KernelCall(memory.name, node.origin, spans[:1], spans[1], pack))
        return operations

    def _claim_rings(self, graph: Graph, placement: Placement) -> dict[Node, RingHead]:
        """Have new rows computed in their rings; returns after which push each head moves on."""
        heads = ring_heads(graph)
        for node, head in heads:
            state = node.options.state
            slot = Buffer(f"{state.name}/row", state.row_bytes, Role.RING_SLOT, state, width=state.width)
            self._slots[state.name] = slot
            placement.claim(node.inputs[0], _whole(self._slots[state.name]))
            if head not in self._heads:
                self._heads.append(head)
        return {node: head for node, head in heads if node.options.state is head.states[-1]}

    def _lower_node(self, graph: Graph, node: Node, placement: Placement) -> list[Operation]:
        lowered = self._lower_structure(node, placement)
        if lowered is not None:
            return lowered
        rule = RULES.get(node.kind)
        operations = [copy for operand in node.inputs for copy in placement.gather(operand, node)]
        if rule is not None and rule.in_place:
            _ = any(placement.share_dying_operand(node, operand) for operand in node.inputs)
        make = LOWERED.get(node.kind) or (rule.lower if rule else None)
        assert make is not None, f"legality has let {node.kind} pass, but nothing lowers it"
        return operations + self._lower_arithmetic(make, graph, node, placement)

    def _lower_arithmetic(
        self, make: Lowering, graph: Graph, node: Node, placement: Placement
    ) -> list[Operation]:
        try:
            lowered = make(graph, node, placement)
            return lowered if isinstance(lowered, list) else [lowered]
        except ValueError as error:
            self._findings.add(str(node), str(error), "calibrate again; TFLM refuses these scales, too")
            return []

    def _lower_structure(self, node: Node, placement: Placement) -> list[Operation] | None:
        """Nodes that are no arithmetic; ``None`` for the others."""
        if is_view(node) or node.kind in ("CALL_ONCE", Fused.RING_READ):
            return []
        if node.kind in _PUSHES:
            return placement.place(node.inputs[0], self._pushed(node), node)
        if node.kind == Fused.STATE_READ:
            memory = _whole(self._memory(node.options.state))
            return copy_span(memory, placement.home(node.outputs[0]), node.outputs[0].name, node)
        if node.kind in (Fused.BLOCK, Fused.LOOP, Fused.BRANCH):
            return self._call(node, placement)
        return lower_join(node, placement) if node.kind in ("CONCATENATION", "PACK") else None

    def _pushed(self, node: Node) -> Span:
        """Where the new rows of a state belong."""
        state: State = node.options.state
        if node.kind == Fused.RING_PUSH:
            return _whole(self._slots[state.name])
        memory, size = self._memory(state), node.inputs[0].bytes
        return Span(memory, memory.bytes - size, size)

    def _call(self, node: Node, placement: Placement) -> list[Operation]:
        """Nodes that run another subgraph."""
        if node.kind == Fused.BLOCK:
            return self._block(node, placement)
        lower_call = lower_loop if node.kind == Fused.LOOP else lower_branch
        return lower_call(node, self._network, placement, self._inline)

    def _inline(self, graph: Graph, given: Spans, homes: list[Span]) -> list[Operation]:
        """The operations of a subgraph that becomes part of the function that runs it."""
        function = Function(graph.name, graph.subgraph)
        self._lower_graph(graph, function, given, list(zip(graph.outputs, homes, strict=True)))
        return function.operations

    def _block(self, node: Node, placement: Placement) -> list[Operation]:
        result: list[Operation] = []
        placement.share_dying_operand(node, node.inputs[1])
        residual = placement.home(node.outputs[0])
        result += placement.place(node.inputs[1], residual, node)
        residual.buffer.name = "residual"
        body = self._network.graphs[node.options.body]
        function = Function(body.name, body.subgraph)
        self._lower_graph(body, function, {body.inputs[0]: residual}, [(body.outputs[0], residual)])
        gate = placement.span(node.inputs[0], node)
        result.append(RunBlock(function.name, node.origin, node.options.index, gate, function))
        return result


def _settle(graph: Graph, placement: Placement, value: Value, home: Span, given: dict[Value, Span]) -> bool:
    """Have an output computed in its home, if that is possible. A body's home is that of an input, too."""
    source = next((operand for operand, span in given.items() if span == home), None)
    if source is None:
        return placement.claim(value, home)
    view = view_of(graph, value)
    if view.base is source:
        return view.contiguous_offset == 0 and source.elements == value.elements
    return placement.ends_in_place(source, value) and placement.claim(value, home)


def _write_back(
    graph: Graph, placement: Placement, copies: list[tuple[Value, Span]], given: dict[Value, Span]
) -> list[Operation]:
    """Bring outputs home that were not computed there; none may be lost where they change places."""
    end = Node("OUTPUT", [], graph.outputs, None, (graph.subgraph, len(graph.nodes)))
    first: list[Operation] = []
    last: list[Operation] = []
    for value, home in copies:
        if home in given.values() and view_of(graph, value).base in given:
            parked = Span(Buffer(f"{value.name}/next", home.bytes, width=home.buffer.width), 0, home.bytes)
            first += placement.place(value, parked, end)
            last += copy_span(parked, home, value.name, end)
        else:
            last += placement.place(value, home, end)
    return first + last


def _stays_valid(graph: Graph, position: int) -> bool:
    """Whether the state that a ``STATE_READ`` shows changes only after the last use of what was read."""
    read = graph.nodes[position]
    state, value = read.options.state, read.outputs[0]
    if any(view_of(graph, output).base is value for output in graph.outputs):
        return False
    for later, node in enumerate(graph.nodes):
        writes = node.kind == Fused.STATE_WRITE and node.options.state is state
        changes = writes or node.kind in (Fused.BLOCK, Fused.BRANCH)
        if later <= position or not changes:
            continue
        rest = [view_of(graph, operand).base for after in graph.nodes[later:] for operand in after.inputs]
        return value not in rest
    return True


def _outside(value: Value, role: Role) -> Buffer:
    return Buffer(value.name, value.bytes, role, width=value.width)


def _whole(buffer: Buffer) -> Span:
    return Span(buffer, 0, buffer.bytes)
