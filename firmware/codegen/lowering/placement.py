"""Which buffer a tensor lives in, so that results land where they are wanted and nothing is copied.

A tensor's *home* is a span of a buffer. Some homes are given (model inputs and outputs, the residual stream
of a block); others are claimed backwards from where a tensor ends up: the new row of a ring is computed in
the ring, the part of a concatenation inside the whole. What cannot be claimed is copied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.buffers import Buffer, Role, Span
from skipstone.firmware.codegen.errors import Findings
from skipstone.firmware.codegen.graph import Fused, Graph, Node, Value
from skipstone.firmware.codegen.lowering.copies import copy_elements, copy_span
from skipstone.firmware.codegen.operations import Operation
from skipstone.firmware.codegen.rewrites.views import view_of

_FIXED = frozenset({Fused.RING_PUSH, Fused.SHIFT, Fused.RING_READ, Fused.STATE_READ, Fused.BLOCK, Fused.LOOP})
"""Nodes whose result has its place already; every kernel can write anywhere."""


class Placement:
    """Homes of the tensors of one graph.

    Args:
        graph: main graph or block body, rewritten.
        given: homes of graph inputs, and of tensors that the caller has placed.
        findings: collects tensors that no kernel can read as they lie.
    """

    def __init__(self, graph: Graph, given: dict[Value, Span], findings: Findings) -> None:
        self._graph = graph
        self._homes = dict(given)
        self._findings = findings

    def claim(self, value: Value, home: Span) -> bool:
        """Let ``value`` be computed in ``home``; ``False`` when it has to be copied there instead."""
        view = view_of(self._graph, value)
        producer = self._graph.producer(view.base)
        whole = view.contiguous_offset == 0 and view.base.elements == value.elements
        if producer is None or producer.kind in _FIXED or not whole or view.base in self._homes:
            return False
        self._homes[view.base] = home
        return True

    def home(self, value: Value) -> Span:
        """Where the result of a node lies; a buffer of its own in the arena unless claimed."""
        if value not in self._homes:
            self._homes[value] = Span(Buffer.of(value), 0, value.bytes)
        return self._homes[value]

    def span(self, value: Value, reader: Node) -> Span:
        """Where ``reader`` finds ``value``, looking through views; :meth:`gather` has made it contiguous."""
        if value in self._homes:
            return self._homes[value]
        view = view_of(self._graph, value)
        if view.base.data is not None:
            return self._constant(view.base)
        ring = self._graph.ring_of(view.base)
        offset = view.contiguous_offset
        if ring is not None:
            self._findings.add(
                str(reader),
                f"it reads the state '{ring.name}', whose rows are in ring order",
                "only attention and DEPTHWISE_CONV_2D over all rows may read a state",
            )
            offset = 0
        assert offset is not None, "gather has made the operands contiguous"
        base = self.home(view.base)
        return Span(base.buffer, base.offset + offset * value.width, value.bytes)

    def _constant(self, value: Value) -> Span:
        """Constants that a kernel reads like an activation lie with the weights."""
        assert value.data is not None, "only constants come here"
        data = np.ascontiguousarray(value.data).ravel()
        buffer = Buffer(value.name, data.nbytes, Role.CONSTANT, data=data, width=value.width)
        self._homes[value] = Span(buffer, 0, data.nbytes)
        return self._homes[value]

    def gather(self, value: Value, reader: Node) -> list[Operation]:
        """Copies that ``reader`` needs before it finds ``value`` in one piece; most often none."""
        view = view_of(self._graph, value)
        is_ready = value in self._homes or value.data is not None or view.contiguous_offset is not None
        if is_ready or self._graph.ring_of(view.base) is not None:
            return []
        source, target = self.home(view.base), self.home(value)
        places = np.arange(value.elements)
        return copy_elements(source, view.elements.ravel(), target, places, value.name, reader)

    def place(
        self, value: Value, home: Span, reader: Node, places: NDArray[np.int64] | None = None
    ) -> list[Operation]:
        """Copies that bring ``value`` to ``home``, its element ``i`` to ``places[i]`` there."""
        view = view_of(self._graph, value)
        is_plain = value in self._homes or value.data is not None or view.contiguous_offset is not None
        if places is None and (is_plain or self._graph.ring_of(view.base) is not None):
            return copy_span(self.span(value, reader), home, value.name, reader)
        source, elements = (
            (self.span(value, reader), np.arange(value.elements))
            if is_plain
            else (
                self.home(view.base),
                view.elements.ravel(),
            )
        )
        targets = np.arange(value.elements) if places is None else places
        return copy_elements(source, elements, home, targets, value.name, reader)

    def base(self, value: Value) -> Value:
        """The tensor whose elements ``value`` shows."""
        return view_of(self._graph, value).base

    def last_use(self, base: Value) -> int:
        """Position of the last node that reads ``base``, through views or not; past the end for outputs."""
        if any(view_of(self._graph, output).base is base for output in self._graph.outputs):
            return len(self._graph.nodes)
        uses = [
            position
            for position, node in enumerate(self._graph.nodes)
            if any(
                operand.data is None and view_of(self._graph, operand).base is base for operand in node.inputs
            )
        ]
        return max(uses, default=-1)

    def share_dying_operand(self, node: Node, operand: Value) -> bool:
        """Put the result of ``node`` where ``operand`` lies, if nobody needs that afterwards."""
        output = node.outputs[0]
        view = view_of(self._graph, operand)
        producer = self._graph.producer(view.base)
        fits = view.base.elements == output.elements and view.base.width == output.width
        whole = view.contiguous_offset == 0 and fits
        is_ring = self._graph.ring_of(view.base) is not None
        if output in self._homes or producer is None or is_ring or not whole:
            return False
        home = self.home(view.base)
        is_own = home.buffer.role == Role.ARENA and home.bytes == home.buffer.bytes
        if not is_own or self.last_use(view.base) > self._graph.nodes.index(node):
            return False
        self._homes[output] = home
        return True

    def ends_in_place(self, source: Value, result: Value) -> bool:
        """Whether ``result`` may be computed on top of ``source`` (block input and output).

        True when nothing reads ``source`` after the node that makes ``result``, and that node either does not
        read it or works element by element: an ADD, or a job of the NPU that ends with one.
        """
        base = view_of(self._graph, result).base
        producer = self._graph.producer(base)
        if producer is None:
            return False
        position = self._graph.nodes.index(producer)
        last = self.last_use(source)
        if producer.kind == Fused.NPU_JOB and source in producer.inputs:
            operands = producer.inputs.index(source), len(producer.inputs) + producer.outputs.index(base)
            return last == position and bool(producer.options.may_overwrite(*operands))
        return last < position or (last == position and producer.kind == "ADD")
