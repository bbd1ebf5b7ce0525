"""The program: what a step does in which order, with blocks behind gates, loops and branches.

The lowering makes it from the rewritten graphs, kernel selection and emission read it. Nothing here depends
on the board.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from skipstone.firmware.codegen.buffers import Buffer, Span
from skipstone.firmware.codegen.graph import State
from skipstone.firmware.codegen.operations import Operation


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
