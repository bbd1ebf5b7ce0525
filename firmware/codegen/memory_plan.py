"""Memory plan: arena offsets by lifetime, and the layout of the state memory.

The arena holds what lives within one step. Buffers whose lifetimes do not overlap share bytes; placement is
greedy, largest buffer first, at the lowest offset that is free during its whole life (Pisarchyk and Lee,
*Efficient Memory Management for Deep Neural Net Inference*, 2020, "greedy by size for offset calculation").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from skipstone.firmware.codegen.buffers import Buffer, Role
from skipstone.firmware.codegen.graph import State
from skipstone.firmware.codegen.npu.job import NpuJob
from skipstone.firmware.codegen.operations import Operation
from skipstone.firmware.codegen.program import Program, RingHead
from skipstone.firmware.codegen.selection import Selection

ALIGNMENT = 16
"""Bytes; vectors of Armv8.1-M MVE are loaded fastest from multiples of it."""
HEAD_BYTES = 2
TOKEN_BYTES = 4


@dataclass(frozen=True)
class Lifetime:
    """A buffer is live from operation ``first`` to operation ``last`` of the timeline, both included."""

    buffer: Buffer
    first: int
    last: int

    def overlaps(self, other: Lifetime) -> bool:
        """Whether both are live during one operation."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class ArenaPlan:
    """Result of the placement; offsets are written into the buffers.

    Attributes:
        bytes: size of the arena.
        lower_bound_bytes: bytes that are live at the worst operation: no placement can do with less.
        scratch: buffer for the scratch of each operation that needs one.
    """

    bytes: int
    lower_bound_bytes: int
    scratch: Mapping[Operation, Buffer]


def plan_arena(program: Program, selection: Selection) -> ArenaPlan:
    """Place every arena buffer and every kernel's scratch."""
    timeline = program.timeline()
    needed = {operation: _scratch_bytes(operation, selection) for operation in timeline}
    scratch = {op: Buffer(f"{op.name}/scratch", size) for op, size in needed.items() if size > 0}
    lifetimes = _lifetimes(timeline, scratch)
    placed: list[Lifetime] = []
    for lifetime in sorted(lifetimes, key=lambda life: (-life.buffer.bytes, life.first)):
        lifetime.buffer.offset = _lowest_free(lifetime, placed)
        placed.append(lifetime)
    size = max((life.buffer.offset + _aligned(life.buffer.bytes) for life in placed), default=0)
    return ArenaPlan(size, _lower_bound(lifetimes, len(timeline)), scratch)


def _scratch_bytes(operation: Operation, selection: Selection) -> int:
    """What a kernel, or a job of the NPU, needs besides its operands."""
    if isinstance(operation, NpuJob):
        return operation.job.scratch_bytes
    return selection[operation].scratch_bytes if operation in selection else 0


def arena_lifetimes(program: Program, plan: ArenaPlan) -> list[Lifetime]:
    """Lifetimes of the placed buffers; times are positions in :meth:`Program.timeline`."""
    return _lifetimes(program.timeline(), plan.scratch)


def _lifetimes(timeline: list[Operation], scratch: Mapping[Operation, Buffer]) -> list[Lifetime]:
    first: dict[Buffer, int] = {}
    last: dict[Buffer, int] = {}
    for time, operation in enumerate(timeline):
        buffers = [span.buffer for span in (*operation.reads(), *operation.writes())]
        if operation in scratch:
            buffers.append(scratch[operation])
        for buffer in buffers:
            if buffer.role == Role.ARENA:
                first.setdefault(buffer, time)
                last[buffer] = time
    return [Lifetime(buffer, first[buffer], last[buffer]) for buffer in first]


def _lowest_free(lifetime: Lifetime, placed: list[Lifetime]) -> int:
    """Lowest aligned offset where no buffer lies that is live at the same time."""
    taken = sorted(
        (other.buffer.offset, other.buffer.offset + _aligned(other.buffer.bytes))
        for other in placed
        if other.overlaps(lifetime)
    )
    offset = 0
    for start, end in taken:
        if offset + _aligned(lifetime.buffer.bytes) <= start:
            break
        offset = max(offset, end)
    return offset


def _lower_bound(lifetimes: list[Lifetime], length: int) -> int:
    live = [
        sum(_aligned(life.buffer.bytes) for life in lifetimes if life.first <= time <= life.last)
        for time in range(length)
    ]
    return max(live, default=0)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True)
class StatePlan:
    """Layout of the state memory: the ring heads first, the last tokens, then the states, each aligned.

    Attributes:
        bytes: size.
        head_offsets: byte offset of each head (uint16).
        context_offset: byte offset of the last tokens (int32 each), where the program keeps any.
        data_offsets: byte offset of each state, by name.
    """

    bytes: int
    head_offsets: Mapping[RingHead, int]
    data_offsets: Mapping[str, int]
    context_offset: int = 0


def plan_state(program: Program) -> StatePlan:
    """Lay out the state memory in order of execution."""
    heads = {head: index * HEAD_BYTES for index, head in enumerate(program.rings)}
    context_offset = -(-len(heads) * HEAD_BYTES // TOKEN_BYTES) * TOKEN_BYTES
    offset = _aligned(context_offset + program.context_tokens * TOKEN_BYTES)
    data: dict[str, int] = {}
    for state in program.states:
        data[state.name] = offset
        offset += _aligned(_state_bytes(state))
    return StatePlan(offset, heads, data, context_offset)


def _state_bytes(state: State) -> int:
    return state.memory_bytes
