"""The program: what a step does, operation by operation, on buffers that the memory plan places.

The lowering makes it from the rewritten graphs, kernel selection and emission read it. Nothing here depends
on the board.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.graph import State, Value
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.quantize.arithmetic.addition import AddParameters


class Role(StrEnum):
    """Where a buffer lies."""

    ARENA = "arena"
    FEATURES = "features"
    GATE_BIAS = "gate_bias"
    LOGITS = "logits"
    GATES = "gates"
    RING_SLOT = "ring_slot"
    """the row of a ring that the running step overwrites"""
    STATE = "state"
    """a state whose rows lie in order"""
    CONSTANT = "constant"
    """constants that a kernel reads like an activation"""


@dataclass(eq=False)
class Buffer:
    """Memory of one or more tensors.

    Attributes:
        name: tensor name, or ``residual``.
        bytes: size.
        role: where it lies.
        state: of a ring slot or a state.
        data: of constants, int8, uint8 or int16, one dimension.
        offset: byte offset in the arena; the memory plan sets it.
        width: bytes of one element.
    """

    name: str
    bytes: int
    role: Role = Role.ARENA
    state: State | None = None
    data: NDArray[Any] | None = None
    offset: int = -1
    width: int = 1

    @property
    def elements(self) -> int:
        """Number of elements."""
        return self.bytes // self.width

    @classmethod
    def of(cls, value: Value, name: str = "") -> Buffer:
        """Memory in the arena for ``value``, under its name or another."""
        return cls(name or value.name, value.bytes, width=value.width)


@dataclass(frozen=True)
class Span:
    """A contiguous part of a buffer, in bytes; it begins at an element."""

    buffer: Buffer
    offset: int
    bytes: int


@dataclass(frozen=True)
class Requantization:
    """Scaling of an accumulator to the output, one multiplier and shift (left positive) a channel."""

    multipliers: NDArray[np.int64]
    shifts: NDArray[np.int64]
    zero_point: int
    low: int = -128
    high: int = 127


@dataclass(eq=False)
class Operation:
    """One thing a step does. ``origin`` is ``(subgraph, operator)`` in the .tflite."""

    name: str
    origin: tuple[int, int]

    def reads(self) -> list[Span]:
        """Spans that are read."""
        return []

    def writes(self) -> list[Span]:
        """Spans that are written."""
        return []

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one execution."""
        return 0


@dataclass(eq=False)
class UnaryOperation(Operation):
    """One input, one output."""

    input: Span
    output: Span

    def reads(self) -> list[Span]:
        """The input."""
        return [self.input]

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]


@dataclass(eq=False)
class KernelCall(Operation):
    """A kernel whose constants the operator's own rule packs.

    Attributes:
        inputs: in the order of the kernel's arguments.
        output: one span.
        pack: makes the constants for a kernel variant.
        work: multiply-accumulates of one execution.
    """

    inputs: tuple[Span, ...]
    output: Span
    pack: Callable[[KernelVariant], PackedOperator]
    work: int = 0

    def reads(self) -> list[Span]:
        """Every input."""
        return list(self.inputs)

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]

    @property
    def macs(self) -> int:
        """As the rule has counted."""
        return self.work


@dataclass(eq=False)
class Fill(Operation):
    """Set every byte of a span to one value, −128 … 127."""

    output: Span
    value: int

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]


@dataclass(eq=False)
class FullyConnected(UnaryOperation):
    """FULLY_CONNECTED on one row: weights int8[N, K] (zero point 0), bias int32[N]."""

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    input_zero_point: int
    requantization: Requantization
    weight_bits: int = 8
    """4: weights are −8 … 7 and stored two a byte"""

    @property
    def macs(self) -> int:
        """N · K."""
        return int(self.weights.size)


@dataclass(eq=False)
class DepthwiseConv(Operation):
    """DEPTHWISE_CONV_2D at one output position: weights int8[taps, channels], tap 0 meets the oldest row."""

    window: State | Span
    output: Span
    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    input_zero_point: int
    requantization: Requantization

    def reads(self) -> list[Span]:
        """The window, unless it is a ring."""
        return [self.window] if isinstance(self.window, Span) else []

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]

    @property
    def macs(self) -> int:
        """taps · channels."""
        return int(self.weights.size)


@dataclass(eq=False)
class Add(Operation):
    """Element-wise ADD; the output may be one of the inputs."""

    a: Span
    b: Span
    output: Span
    parameters: AddParameters
    low: int
    high: int

    def reads(self) -> list[Span]:
        """Both inputs."""
        return [self.a, self.b]

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]


@dataclass(eq=False)
class FullyConnectedAdd(Operation):
    """A layer whose output is only added to the residual: that is ``add.a``, the layer's output ``add.b``."""

    layer: FullyConnected
    add: Add

    def reads(self) -> list[Span]:
        """The layer's input and the residual."""
        return [self.layer.input, self.add.a]

    def writes(self) -> list[Span]:
        """The sum."""
        return [self.add.output]

    @property
    def macs(self) -> int:
        """Those of the layer."""
        return self.layer.macs


@dataclass(eq=False)
class Attention(UnaryOperation):
    """Attention of one query over all positions of a key ring and a value ring, whatever their order.

    Attributes:
        exp_table: int32[256] of ``skipstone.quantize.arithmetic.softmax.softmax_exp_table``.
        score: requantization of query · key.
        context: requantization of probability · value.
    """

    keys: State
    values: State
    heads: int
    head_dim: int
    positions: int
    row_stride: int
    query_zero_point: int
    key_zero_point: int
    value_zero_point: int
    exp_table: NDArray[np.int32]
    score: Requantization
    context: Requantization

    @property
    def macs(self) -> int:
        """Both products."""
        return 2 * self.heads * self.head_dim * self.positions


@dataclass(eq=False)
class Embedding(Operation):
    """Rows of an int8 table [V, width], one for each token of the context in the state memory."""

    output: Span
    table: NDArray[np.int8]
    tokens: int

    def writes(self) -> list[Span]:
        """The output."""
        return [self.output]


@dataclass(eq=False)
class Compare(UnaryOperation):
    """GREATER against constants: 1 where ``input[i] >= thresholds[i]``; thresholds int16[n], 128: never."""

    thresholds: NDArray[np.int16]


@dataclass(eq=False)
class Copy(UnaryOperation):
    """Move bytes where a tensor has to stand in two places."""


@dataclass(eq=False)
class RingAdvance(Operation):
    """The rings that share ``head`` move on by one row."""

    head: RingHead


@dataclass(eq=False)
class RunBlock(Operation):
    """Execute ``body`` if gate ``index`` is open."""

    index: int
    gate: Span
    body: Function

    def reads(self) -> list[Span]:
        """The gate."""
        return [self.gate]


@dataclass(eq=False)
class RingHead:
    """Index of the oldest row of one or more rings that are always pushed together."""

    name: str
    rows: int
    states: list[State] = field(default_factory=list)


@dataclass(eq=False)
class LoopBegin(Operation):
    """What follows, up to the :class:`LoopEnd` of its own, runs ``count`` times.

    Attributes:
        count: iterations.
        carried: what an iteration hands to the next.
    """

    count: int
    carried: list[Span]

    def reads(self) -> list[Span]:
        """What the first iteration is given."""
        return self.carried


@dataclass(eq=False)
class LoopEnd(Operation):
    """The end of a loop: what is handed on has to live up to here."""

    begin: LoopBegin

    def reads(self) -> list[Span]:
        """What the next iteration is given."""
        return self.begin.carried


@dataclass(eq=False)
class BranchBegin(Operation):
    """What follows, up to the :class:`BranchElse` or :class:`BranchEnd` of its own, runs where a bool holds.

    Attributes:
        condition: one byte, 0 or 1.
        when: the value of the condition with which it runs.
    """

    condition: Span
    when: bool

    def reads(self) -> list[Span]:
        """The condition."""
        return [self.condition]


@dataclass(eq=False)
class BranchElse(Operation):
    """What follows runs otherwise."""


@dataclass(eq=False)
class BranchEnd(Operation):
    """The end of both branches."""


MARKS = (LoopEnd, BranchElse, BranchEnd)
"""Operations that only end something."""


@dataclass(eq=False)
class Function:
    """One C function: the step itself or the body of a block."""

    name: str
    subgraph: int
    operations: list[Operation] = field(default_factory=list)


@dataclass(eq=False)
class Program:
    """Everything a model does.

    Attributes:
        step: the main function; blocks hang on its ``RunBlock`` operations.
        features: input buffer.
        gate_bias: input buffer, ``None`` when the model takes none.
        logits: output buffer.
        gates: output buffer, ``None`` for a model without blocks.
        rings: heads of all ring states, in order of execution.
        logit_quantization: ``(scale, zero_point)``.
        states_in_order: states that are no rings.
        context_tokens: last tokens that the state memory keeps for the predictor of a transducer; 0: none.
    """

    step: Function
    features: Buffer
    gate_bias: Buffer | None
    logits: Buffer
    gates: Buffer | None
    rings: list[RingHead]
    logit_quantization: tuple[float, int]
    states_in_order: list[State] = field(default_factory=list)
    context_tokens: int = 0

    @property
    def states(self) -> list[State]:
        """Every state: rings first, each group in order of execution."""
        return [*(state for ring in self.rings for state in ring.states), *self.states_in_order]

    @property
    def blocks(self) -> list[RunBlock]:
        """Every block, in order of execution."""
        return [operation for operation in self.step.operations if isinstance(operation, RunBlock)]

    def functions(self) -> list[Function]:
        """Block bodies, then the step."""
        return [*(block.body for block in self.blocks), self.step]

    def timeline(self) -> list[Operation]:
        """All operations in the order of a step with every gate open."""
        result: list[Operation] = []
        for operation in self.step.operations:
            result.append(operation)
            if isinstance(operation, RunBlock):
                result += operation.body.operations
        return result


def macs_of(operations: list[Operation]) -> int:
    """Multiply-accumulates of one execution of all ``operations``, as :func:`dearest` counts."""
    return sum(times * operation.macs for operation, times in dearest(operations, lambda op: op.macs))


def dearest(operations: list[Operation], cost: Callable[[Operation], float]) -> list[tuple[Operation, int]]:
    """What a step costs at most: loops as often as they run, of two branches the dearer one.

    Args:
        operations: of a function, or a timeline.
        cost: of one execution of an operation.

    Returns:
        The operations that count, each with how often it runs, in order.
    """
    paths: list[list[tuple[Operation, int]]] = [[]]
    others: list[list[tuple[Operation, int]]] = []
    for operation, times in repeated(operations):
        if isinstance(operation, BranchEnd):
            pair = others.pop(), paths.pop()
            paths[-1] += max(pair, key=lambda path: sum(n * cost(op) for op, n in path))
        elif isinstance(operation, BranchElse):
            others[-1] = paths[-1]
            paths[-1] = []
        else:
            paths[-1].append((operation, times))
            if isinstance(operation, BranchBegin):
                others.append([])
                paths.append([])
    return paths[0]


def repeated(operations: list[Operation]) -> Iterator[tuple[Operation, int]]:
    """Every operation with how often it runs; loops and branches themselves count once where they stand."""
    times = [1]
    for operation in operations:
        if isinstance(operation, LoopEnd):
            times.pop()
        yield operation, times[-1]
        if isinstance(operation, LoopBegin):
            times.append(times[-1] * operation.count)
