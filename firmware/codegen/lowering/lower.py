"""The driver of the lowering: main graph and block bodies in order of execution."""

from __future__ import annotations

from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, State, Value
from skipstone.firmware.codegen.lowering import operators
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.lowering.rings import ring_heads
from skipstone.firmware.codegen.program import (
    Buffer,
    Copy,
    Function,
    Operation,
    Program,
    RingAdvance,
    RingHead,
    Role,
    RunBlock,
    Span,
)
from skipstone.firmware.codegen.rewrites.views import VIEW_KINDS, view_of


def lower(network: Network, findings: Findings) -> Program:
    """Make the program of a rewritten network; what cannot be lowered goes to ``findings``."""
    return _Lowering(network, findings).run()


class _Lowering:
    def __init__(self, network: Network, findings: Findings) -> None:
        self._network = network
        self._findings = findings
        self._heads: list[RingHead] = []
        self._slots: dict[str, Buffer] = {}

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
        return Program(function, features, bias, logits, gates, self._heads, main.outputs[0].quantization)

    def _check_gate_counts(self, bias: Buffer | None, gates: Buffer | None, step: Function) -> None:
        blocks = sum(isinstance(operation, RunBlock) for operation in step.operations)
        if blocks and bias is None:
            self._findings.add(
                "main graph",
                "gated blocks, but no second input that biases the gates",
                "add the input gate_bias, as `skipstone convert` does: masks, traces and the dial need it",
            )
        for buffer in (bias, gates):
            if buffer is not None and buffer.bytes != blocks:
                self._findings.add(
                    f"tensor '{buffer.name}'",
                    f"{buffer.bytes} elements for {blocks} blocks",
                    "gate_bias and gates have one element a block",
                )

    def _lower_graph(
        self, graph: Graph, function: Function, given: dict[Value, Span], wanted: list[tuple[Value, Span]]
    ) -> None:
        """Lower the nodes of ``graph`` into ``function``; each value of ``wanted`` must end in its span."""
        placement = Placement(graph, given, self._findings)
        copies = [(value, home) for value, home in wanted if not self._settle(graph, placement, value, home)]
        advance_after = self._claim_rings(graph, placement)
        _claim_parts(graph, placement)
        for node in graph.nodes:
            function.operations += self._lower_node(graph, node, placement)
            head = advance_after.get(node)
            if head is not None:
                function.operations.append(RingAdvance(head.name, node.origin, head))
        end = Node("OUTPUT", [], graph.outputs, None, (graph.index, len(graph.nodes)))
        for value, home in copies:
            _copy(function.operations, placement.span(value, end), home, value.name, end)

    def _settle(self, graph: Graph, placement: Placement, value: Value, home: Span) -> bool:
        """Have an output computed in its home, if that is possible. A body's home is its input's, too."""
        source = graph.inputs[0]
        overlaps = home.buffer.role == Role.ARENA
        if overlaps and view_of(graph, value).base is source:
            return True
        if overlaps and not placement.ends_in_place(source, value):
            return False
        return placement.claim(value, home)

    def _claim_rings(self, graph: Graph, placement: Placement) -> dict[Node, RingHead]:
        """Have new rows computed in their rings; returns after which push each head moves on."""
        heads = ring_heads(graph)
        for node, head in heads:
            state = node.options.state
            self._slots[state.name] = Buffer(f"{state.name}/row", state.row_bytes, Role.RING_SLOT, state)
            placement.claim(node.inputs[0], _whole(self._slots[state.name]))
            if head not in self._heads:
                self._heads.append(head)
        return {node: head for node, head in heads if node.options.state is head.states[-1]}

    def _lower_node(self, graph: Graph, node: Node, placement: Placement) -> list[Operation]:
        lowered = self._lower_structure(node, placement)
        if lowered is not None:
            return lowered
        if node.kind == "ADD":
            _ = any(placement.share_dying_operand(node, operand) for operand in node.inputs)
        make = operators.LOWERED.get(node.kind)
        if make is not None:
            return self._lower_arithmetic(make, graph, node, placement)
        self._findings.add(
            str(node),
            "it is not part of attention over two states",
            "BATCH_MATMUL and SOFTMAX are supported as softmax(q · Kᵀ) · V with K and V in states of the "
            "same layout [1, positions, heads · head_dim]",
        )
        return []

    def _lower_arithmetic(
        self, make: operators.Lowering, graph: Graph, node: Node, placement: Placement
    ) -> list[Operation]:
        try:
            return [make(graph, node, placement)]
        except ValueError as error:
            self._findings.add(str(node), str(error), "calibrate again; TFLM refuses these scales, too")
            return []

    def _lower_structure(self, node: Node, placement: Placement) -> list[Operation] | None:
        """Nodes that are no arithmetic; ``None`` for the others."""
        if node.kind in VIEW_KINDS or node.kind in ("CALL_ONCE", Fused.RING_READ):
            return []
        if node.kind == Fused.RING_PUSH:
            return self._push(node, placement)
        if node.kind == Fused.BLOCK:
            return self._block(node, placement)
        return _concatenate(node, placement) if node.kind == "CONCATENATION" else None

    def _push(self, node: Node, placement: Placement) -> list[Operation]:
        result: list[Operation] = []
        state: State = node.options.state
        _copy(result, placement.span(node.inputs[0], node), _whole(self._slots[state.name]), state.name, node)
        return result

    def _block(self, node: Node, placement: Placement) -> list[Operation]:
        result: list[Operation] = []
        placement.share_dying_operand(node, node.inputs[1])
        residual = placement.home(node.outputs[0])
        _copy(result, placement.span(node.inputs[1], node), residual, node.outputs[0].name, node)
        residual.buffer.name = "residual"
        body = self._network.graphs[node.options.body]
        function = Function(body.name, body.index)
        self._lower_graph(body, function, {body.inputs[0]: residual}, [(body.outputs[0], residual)])
        gate = placement.span(node.inputs[0], node)
        result.append(RunBlock(function.name, node.origin, node.options.index, gate, function))
        return result


def _claim_parts(graph: Graph, placement: Placement) -> None:
    """Have the parts of a concatenation computed inside the whole; outer concatenations first."""
    for node in reversed(graph.nodes):
        if node.kind != "CONCATENATION":
            continue
        for part, home in _parts(node, placement):
            placement.claim(part, home)


def _concatenate(node: Node, placement: Placement) -> list[Operation]:
    result: list[Operation] = []
    for part, home in _parts(node, placement):
        _copy(result, placement.span(part, node), home, part.name, node)
    return result


def _parts(node: Node, placement: Placement) -> list[tuple[Value, Span]]:
    """The parts with their places in the whole, which they fill one after the other."""
    whole = placement.home(node.outputs[0])
    offset = whole.offset
    result = []
    for part in node.inputs:
        result.append((part, Span(whole.buffer, offset, part.elements)))
        offset += part.elements
    return result


def _copy(operations: list[Operation], source: Span, target: Span, name: str, node: Node) -> None:
    """Append a copy, unless both spans are the same memory."""
    if source != target:
        operations.append(Copy(name, node.origin, source, target))


def _outside(value: Value, role: Role) -> Buffer:
    return Buffer(value.name, value.elements, role)


def _whole(buffer: Buffer) -> Span:
    return Span(buffer, 0, buffer.bytes)
