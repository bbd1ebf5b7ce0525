"""The graph that the passes rewrite: values, nodes, graphs and the network they make up.

A node is named by its operator (``FULLY_CONNECTED`` …) as in the .tflite; rewrites replace groups of nodes by
nodes of the kinds in :class:`Fused`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Fused(StrEnum):
    """Kinds of nodes that rewrites make."""

    RING_PUSH = "RING_PUSH"
    """inputs: the new row; outputs: the window, oldest row first; options: :class:`RingOptions`."""
    SHIFT = "SHIFT"
    """the same over a state that lies in order: it moves up, the new rows are written behind it"""
    RING_READ = "RING_READ"
    """in a block body: the window of a state that the main graph has pushed"""
    STATE_READ = "STATE_READ"
    """outputs: a state as it is at that point; options: :class:`RingOptions`."""
    STATE_WRITE = "STATE_WRITE"
    """inputs: what a state is from that point on; options: :class:`RingOptions`."""
    ATTENTION = "ATTENTION"
    """inputs: query, key window, value window; outputs: context; options: ``AttentionOptions``."""
    BLOCK = "BLOCK"
    """inputs: gate bit, block input; outputs: block output; options: ``BlockOptions``."""
    NPU_JOB = "NPU_JOB"
    """inputs and outputs: the operands of a command stream; options: ``CompiledJob``."""
    LOOP = "LOOP"
    """inputs and outputs: what an iteration hands to the next; options: ``LoopOptions``."""
    BRANCH = "BRANCH"
    """IF that is no gated block; inputs: condition, operands; options: ``BranchOptions``."""
    EMBEDDING = "EMBEDDING"
    """inputs: the constant table; outputs: its rows of the last tokens, which the device keeps."""


@dataclass(eq=False)
class Value:
    """A tensor of one graph.

    Attributes:
        name: as in the .tflite, such as ``layer0/mha/query``.
        shape: static; all dimensions ≥ 1.
        dtype: NumPy name (``int8``, ``int32``, ``bool``) or ``resource``.
        scales: float32[1] or one a channel; empty when not quantized.
        zero_points: int64, one a scale.
        data: the constant's values, or ``None`` for a computed tensor.
        is_dynamic: the file declares a dimension that is known at run time only.
        is_variable: it is the state that SVDF or UNIDIRECTIONAL_SEQUENCE_LSTM keep for themselves.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: NDArray[np.float32]
    zero_points: NDArray[np.int64]
    data: NDArray[Any] | None = None
    is_dynamic: bool = False
    is_variable: bool = False

    @property
    def elements(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def width(self) -> int:
        """Bytes of one element."""
        return 2 if self.dtype == "int16" else 1

    @property
    def bytes(self) -> int:
        """Size of an activation."""
        return self.elements * self.width

    @property
    def quantization(self) -> tuple[float, int]:
        """``(scale, zero_point)`` of a tensor quantized as a whole."""
        return float(self.scales[0]), int(self.zero_points[0])


@dataclass(eq=False)
class Node:
    """One operator. ``origin`` is ``(subgraph, operator)`` in the .tflite, for messages and reports."""

    kind: str
    inputs: list[Value]
    outputs: list[Value]
    options: Any
    origin: tuple[int, int]

    def __str__(self) -> str:
        name = (
            self.outputs[0].name
            if self.outputs
            else f"operator {self.origin[1]} of subgraph {self.origin[0]}"
        )
        return f"{self.kind.lower()} '{name}'"


@dataclass(eq=False)
class Graph:
    """One subgraph of the .tflite, nodes in order of execution.

    Attributes:
        index: its number in the network.
        name: as in the file.
        inputs: in order.
        outputs: in order.
        nodes: in order of execution.
        copy_of: number in the file of what this is a copy of; ``None``: its number is that of the network.
    """

    index: int
    name: str
    inputs: list[Value]
    outputs: list[Value]
    nodes: list[Node]
    copy_of: int | None = None

    @property
    def subgraph(self) -> int:
        """Its number in the .tflite."""
        return self.index if self.copy_of is None else self.copy_of

    def producer(self, value: Value) -> Node | None:
        """The node that writes ``value``; ``None`` for constants and graph inputs."""
        return next((node for node in self.nodes if value in node.outputs), None)

    def window_of(self, window: Value) -> State | None:
        """The state whose rows ``window`` shows, oldest first; ``None`` for every other value."""
        node = self.producer(window)
        if node is None or node.kind not in (Fused.RING_PUSH, Fused.SHIFT, Fused.RING_READ):
            return None
        state: State = node.options.state
        return state

    def ring_of(self, window: Value) -> State | None:
        """The same for a state whose rows are in ring order."""
        state = self.window_of(window)
        return state if state is not None and state.is_ring else None

    def consumers(self, value: Value) -> list[Node]:
        """Every node that reads ``value``, once each, in order of execution."""
        return [node for node in self.nodes if value in node.inputs]

    def is_used_once(self, value: Value) -> bool:
        """Whether exactly one node reads ``value`` and no output is it."""
        return len(self.consumers(value)) == 1 and value not in self.outputs

    def replace_nodes(self, old: list[Node], new: Node) -> None:
        """Put ``new`` at the place of the last of ``old``."""
        position = max(self.nodes.index(node) for node in old)
        self.nodes.insert(position + 1, new)
        self.nodes = [node for node in self.nodes if node not in old]

    def remove_dead_nodes(self) -> None:
        """Drop nodes without outside effect whose results nobody reads."""
        keep_always = {
            "ASSIGN_VARIABLE",
            "CALL_ONCE",
            "IF",
            Fused.BRANCH,
            Fused.RING_PUSH,
            Fused.SHIFT,
            Fused.STATE_WRITE,
            "SVDF",
            "UNIDIRECTIONAL_SEQUENCE_LSTM",
        }
        while True:
            live = {id(value) for node in self.nodes for value in node.inputs}
            live |= {id(value) for value in self.outputs}
            kept = [n for n in self.nodes if n.kind in keep_always or any(id(v) in live for v in n.outputs)]
            if len(kept) == len(self.nodes):
                return
            self.nodes = kept


@dataclass(eq=False)
class State:
    """A resource variable or variable tensor: streaming state that survives the step.

    Attributes:
        name: the variable's shared name, or the tensor's.
        shape: logical shape, as the .tflite declares it.
        zero_point: its initial value; 0 where elements are wider than a byte.
        rows: rows of the window that readers see: old rows, then those of the running step.
        first_row: rows of the window that come before the state's own; they belong to the running step.
        is_ring: the window is a ring buffer; else its rows lie in order.
        width: bytes of one element.
    """

    name: str
    shape: tuple[int, ...]
    zero_point: int
    rows: int = 1
    first_row: int = 0
    is_ring: bool = False
    width: int = 1

    @property
    def bytes(self) -> int:
        """Bytes of the logical state."""
        return prod(self.shape) * self.width

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.bytes // (self.rows - self.first_row)

    @property
    def memory_bytes(self) -> int:
        """Bytes of the whole window."""
        return self.rows * self.row_bytes


@dataclass(frozen=True)
class RingOptions:
    """Options of every node on a state."""

    state: State


@dataclass(eq=False)
class Network:
    """A model ready for the passes.

    Attributes:
        name: the file's name without suffix.
        sha256: digest of the .tflite, 32 bytes.
        graphs: by subgraph index; ``main`` is number 0.
        states: by shared name.
        skip_table: metadata ``SKIP_TABLE`` or ``None``.
        features: metadata ``FEATURES`` or ``None``.
        tokens: metadata ``TOKENS`` or ``None``.
        context_tokens: last tokens that the predictor of a transducer reads; 0 without one.
    """

    name: str
    sha256: bytes
    graphs: dict[int, Graph]
    states: dict[str, State] = field(default_factory=dict)
    skip_table: Any = None
    features: dict[str, Any] | None = None
    tokens: Any = None
    context_tokens: int = 0

    @property
    def main(self) -> Graph:
        """The graph that one step executes."""
        return self.graphs[0]

    def reachable(self, first: Graph | None = None) -> Iterator[Graph]:
        """``first`` (the main graph) and all bodies of blocks, branches and loops in it that can run."""
        seen: set[int] = set()
        pending = [first or self.main]
        while pending:
            graph = pending.pop(0)
            if graph.index in seen:
                continue
            seen.add(graph.index)
            yield graph
            for node in graph.nodes:
                if node.kind == "IF":
                    branches = (node.options.then_subgraph, node.options.else_subgraph)
                    pending += [self.graphs[index] for index in branches if index in self.graphs]
                elif node.kind == Fused.BRANCH:
                    pending += [self.graphs[index] for index in node.options.live]
                elif node.kind in (Fused.BLOCK, Fused.LOOP):
                    pending.append(self.graphs[node.options.body])
                elif node.kind == "WHILE":
                    pending.append(self.graphs[node.options.body_subgraph])
