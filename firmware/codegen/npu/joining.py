"""Joining: the streams of a run's segments become one job on the buffers of the generated code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from skipstone.firmware.codegen.graph import Fused, Graph, Node, Value
from skipstone.firmware.codegen.npu.accelerator import Accelerator
from skipstone.firmware.codegen.npu.command_stream import Command, Operation
from skipstone.firmware.codegen.npu.cut import Segment
from skipstone.firmware.codegen.npu.eligibility import macs_of_node
from skipstone.firmware.codegen.npu.job import (
    ALIGNMENT,
    FIRST_OPERAND_REGION,
    CompiledJob,
    JobOperator,
    Part,
)
from skipstone.firmware.codegen.npu.relocation import Move, Place, relocate
from skipstone.firmware.codegen.npu.runs import inputs_of, outputs_of
from skipstone.firmware.codegen.npu.vela import CONSTANTS_REGION, SCRATCH_REGION, CompiledGraph
from skipstone.firmware.codegen.rewrites.views import view_of


def join_segments(
    graph: Graph,
    run: list[Node],
    segments: list[Segment],
    blobs: list[bytes],
    compiled: list[CompiledGraph],
    accelerator: Accelerator,
) -> Node:
    """The node that stands for a run; its options are the joined streams."""
    inputs, outputs = inputs_of(graph, run), outputs_of(graph, run)
    operands = [*inputs, *outputs]
    joined = _Joiner(accelerator.product, operands, compiled)
    for segment, part in zip(segments, compiled, strict=True):
        joined.append(segment, part)
    numbers = {id(value): number for number, value in enumerate([*operands, *joined.between])}
    options = CompiledJob(
        segments[-1].name,
        accelerator.product,
        tuple(joined.commands),
        np.concatenate(joined.constants),
        joined.scratch_bytes,
        sum(part.cycles for part in compiled),
        sum(part.compute_cycles for part in compiled),
        tuple(
            JobOperator(node.outputs[0].name, str(node.kind), node.origin, macs_of_node(node)) for node in run
        ),
        tuple(
            Part(
                blob,
                tuple(numbers[id(value)] for value in segment.inputs),
                tuple(numbers[id(value)] for value in segment.outputs),
            )
            for segment, blob in zip(segments, blobs, strict=True)
        ),
        tuple(value.elements for value in operands),
        len(inputs),
        tuple(_rows(graph, operands)),
    )
    return Node(Fused.NPU_JOB, inputs, outputs, options, run[-1].origin)


def _rows(graph: Graph, operands: list[Value]) -> list[tuple[int, int]]:
    """Which operand is computed in the ring that is another operand."""
    places = {id(value): number for number, value in enumerate(operands)}
    return [
        (places[id(row)], places[id(push.outputs[0])])
        for push in graph.nodes
        if push.kind == Fused.RING_PUSH and id(push.outputs[0]) in places
        if id(row := view_of(graph, push.inputs[0]).base) in places
    ]


class _Joiner:
    """Joins the streams of segments; what one hands to the next lies behind the scratch of all."""

    def __init__(self, product: str, operands: list[Value], parts: Sequence[CompiledGraph]) -> None:
        self._product = product
        self._regions = {id(value): FIRST_OPERAND_REGION + i for i, value in enumerate(operands)}
        self._places: dict[int, int] = {}
        self.between: list[Value] = []
        self.scratch_bytes = max(_aligned(part.scratch_bytes) for part in parts)
        self.constants: list[np.ndarray] = []
        self.commands: list[Command] = []

    def append(self, segment: Segment, part: CompiledGraph) -> None:
        if self.commands:
            self.commands.pop()  # STOP
            self.commands += [Command(Operation.DMA_WAIT), Command(Operation.KERNEL_WAIT)]
        before = sum(block.size for block in self.constants)
        moves = [
            Move(Place(CONSTANTS_REGION, 0, part.constants.size), CONSTANTS_REGION, before),
            Move(Place(SCRATCH_REGION, 0, part.scratch_bytes), SCRATCH_REGION),
        ]
        values = [*segment.inputs, *segment.outputs]
        for value, place in zip(values, [*part.inputs, *part.outputs], strict=True):
            moves.append(Move(place, *self._home(value)))
        self.commands += relocate(part.commands, moves, self._product)
        self.constants.append(np.pad(part.constants, (0, -part.constants.size % ALIGNMENT)))

    def _home(self, value: Value) -> tuple[int, int]:
        if id(value) in self._regions:
            return self._regions[id(value)], 0
        if id(value) not in self._places:
            self._places[id(value)] = self.scratch_bytes
            self.between.append(value)
            self.scratch_bytes += _aligned(value.elements)
        return SCRATCH_REGION, self._places[id(value)]


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
