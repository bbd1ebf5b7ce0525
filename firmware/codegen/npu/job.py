"""A job: what the partition makes of consecutive nodes, and the operation that the lowering makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.buffers import Span
from skipstone.firmware.codegen.graph import State
from skipstone.firmware.codegen.npu import command_stream
from skipstone.firmware.codegen.npu.command_stream import Command
from skipstone.firmware.codegen.npu.hazards import may_share
from skipstone.firmware.codegen.operations import Operation

FIRST_OPERAND_REGION = 2
REGIONS = 8
ALIGNMENT = 16
"""Bytes; of the base of a region."""

_STREAM_LENGTHS = frozenset({0x21, 0x23, 0x91, 0x93, 0x95})
"""Codes of the commands that give lengths of weight and scale streams."""
_WEIGHTED = (command_stream.Operation.CONV, command_stream.Operation.DEPTHWISE)


@dataclass(frozen=True)
class JobOperator:
    """An operator of the .tflite that runs in a job. ``origin``: ``(subgraph, operator)``."""

    name: str
    kind: str
    origin: tuple[int, int]
    macs: int


@dataclass(frozen=True, eq=False)
class Part:
    """One graph of a job, as Vela compiled it.

    Attributes:
        graph: the .tflite.
        reads: number of the tensor behind each of its inputs: operands of the job come first, then what the
            parts hand to each other.
        writes: the same of its outputs.
    """

    graph: bytes
    reads: tuple[int, ...]
    writes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class CompiledJob:
    """Options of a node of kind ``NPU_JOB``.

    Attributes:
        name: after the last tensor that it computes.
        product: ``ethos-u55`` … that it is compiled for.
        commands: the relocated stream. Region 0: ``constants``; 1: scratch; operand ``i`` of the node, inputs
            before outputs, is region ``2 + i``.
        constants: uint8, as Vela packs them.
        scratch_bytes: size of region 1.
        cycles: of one run, estimated by Vela, with waiting for memory.
        compute_cycles: the same without.
        operators: what it computes.
        parts: the graphs that were compiled, in order.
        operand_bytes: size of each operand.
        inputs: number of operands that are read.
        rows: (output, input): operands of which the first is a row of the second, a ring.
    """

    name: str
    product: str
    commands: tuple[Command, ...]
    constants: NDArray[np.uint8]
    scratch_bytes: int
    cycles: int
    compute_cycles: int
    operators: tuple[JobOperator, ...]
    parts: tuple[Part, ...]
    operand_bytes: tuple[int, ...]
    inputs: int
    rows: tuple[tuple[int, int], ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one run."""
        return sum(operator.macs for operator in self.operators)

    @property
    def words(self) -> NDArray[np.uint32]:
        """The stream as it lies in memory."""
        return command_stream.encode(self.commands)

    @property
    def bytes(self) -> int:
        """Stream and constants in flash."""
        return self.words.nbytes + self.constants.nbytes

    @property
    def constant_bytes_read(self) -> int:
        """Bytes of constants that one run streams from flash: weights, biases and scales of every layer."""
        lengths: dict[int, int] = {}
        total = 0
        for command in self.commands:
            if command.payload is not None and command.code in _STREAM_LENGTHS:
                lengths[command.code] = command.address
            if command_stream.Operation.of(command) in _WEIGHTED:
                total += sum(lengths.values())
        return total

    @property
    def flash_bytes_read(self) -> int:
        """The same, and the stream itself."""
        return self.constant_bytes_read + self.words.nbytes

    def may_overwrite(self, read: int, written: int) -> bool:
        """Whether output ``written`` may lie where input ``read`` lies; numbers of operands.

        Operations of an Ethos-U85 may overlap in ways that the stream does not show: never there.
        """
        return self.product != "ethos-u85" and may_share(
            self.commands, FIRST_OPERAND_REGION + read, FIRST_OPERAND_REGION + written
        )


@dataclass(eq=False)
class NpuJob(Operation):
    """A command stream that the NPU runs while the step waits.

    Attributes:
        job: the compiled job.
        inputs: regions from 2 on: a span, or the whole memory of a ring.
        outputs: the regions after those.
    """

    job: CompiledJob
    inputs: tuple[Span | State, ...]
    outputs: tuple[Span, ...]

    def reads(self) -> list[Span]:
        """Inputs that are no rings."""
        return [operand for operand in self.inputs if isinstance(operand, Span)]

    def writes(self) -> list[Span]:
        """Every output."""
        return list(self.outputs)

    @property
    def macs(self) -> int:
        """Of all its operators."""
        return self.job.macs
