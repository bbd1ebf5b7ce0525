"""Partition: runs of operators that the NPU can compute become jobs; the others are named with the reason.

Runs never cross a gate, so that a shut block starts no job. Inside a run, attention reads rings whose newest
row the same run computes: Vela sees no connection between the two, so the graph is compiled in segments, and
the streams are joined by commands that wait for everything before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node, Value
from skipstone.firmware.codegen.npu.accelerator import Accelerator
from skipstone.firmware.codegen.npu.command_stream import Command, Operation
from skipstone.firmware.codegen.npu.cut import Segment, base_of, write_segment
from skipstone.firmware.codegen.npu.eligibility import GATES, computes, macs_of_node, reason_for_cpu
from skipstone.firmware.codegen.npu.errors import StrictError
from skipstone.firmware.codegen.npu.job import (
    ALIGNMENT,
    FIRST_OPERAND_REGION,
    REGIONS,
    CompiledJob,
    JobOperator,
    Part,
)
from skipstone.firmware.codegen.npu.relocation import Move, Place, relocate
from skipstone.firmware.codegen.npu.vela import (
    CONSTANTS_REGION,
    SCRATCH_REGION,
    CompiledGraph,
    compile_graphs,
)
from skipstone.firmware.codegen.rewrites.views import is_view, view_of

Compile = Callable[[Sequence[tuple[str, bytes]], Accelerator], list[CompiledGraph]]


@dataclass(frozen=True)
class NpuSettings:
    """What ``skipstone codegen`` is told about the NPU.

    Attributes:
        accelerator: what to compile for.
        min_macs: runs of fewer multiply-accumulates stay on the CPU.
        is_strict: refuse a model of which any operator but the gates is left to the CPU.
        leave: kinds of operators that stay on the CPU, such as ``ATTENTION``.
        check: called with every job; raises where the NPU would compute something else than TFLM.
    """

    accelerator: Accelerator
    min_macs: int
    is_strict: bool = False
    leave: frozenset[str] = frozenset()
    check: Callable[[CompiledJob, Accelerator], object] | None = None


@dataclass(frozen=True)
class LeftToCpu:
    """An operator that the NPU does not run, and why."""

    name: str
    kind: str
    origin: tuple[int, int]
    reason: str

    def __str__(self) -> str:
        return f"{self.kind.lower()} '{self.name}': {self.reason}"


@dataclass
class Partition:
    """What was decided; jobs in order of execution, main graph before bodies."""

    settings: NpuSettings
    jobs: list[CompiledJob] = field(default_factory=list)
    left: list[LeftToCpu] = field(default_factory=list)


def partition_network(network: Network, result: Partition, compile_with: Compile = compile_graphs) -> None:
    """Replace runs by nodes of kind ``NPU_JOB`` in every graph.

    Args:
        network: after all other rewrites.
        result: receives jobs and operators that are left.
        compile_with: the compiler; tests put a quicker one in its place.

    Raises:
        VelaError: Vela is absent or refuses a run.
        StrictError: with ``is_strict``, all operators but the gates that are left to the CPU.
        NpuError: what ``check`` raises.
    """
    settings = result.settings
    planned = [
        (graph, run, _segments(graph, run))
        for graph in network.reachable()
        for run in _runs(graph, result)
        if _is_worth_it(run, result)
    ]
    graphs = [(part.name, write_segment(graph, part)) for graph, _, parts in planned for part in parts]
    compiled = compile_with(graphs, settings.accelerator)
    for graph, run, parts in planned:
        blobs, graphs = [blob for _, blob in graphs[: len(parts)]], graphs[len(parts) :]
        own, compiled = compiled[: len(parts)], compiled[len(parts) :]
        job = _job(graph, run, parts, blobs, own, settings.accelerator)
        if settings.check is not None:
            settings.check(job.options, settings.accelerator)
        result.jobs.append(job.options)
        _replace(graph, run, job)
    stray = [operator for operator in result.left if operator.kind != GATES]
    if settings.is_strict and stray:
        lines = "\n".join(f"  - {operator}" for operator in stray)
        raise StrictError(
            f"{network.name}: {len(stray)} operators are left to the CPU\n{lines}",
            "change what the lines say, lower --npu-min-macs, or leave out --npu-strict",
        )


def _runs(graph: Graph, result: Partition) -> list[list[Node]]:
    """Maximal runs of consecutive nodes that one job can compute."""
    runs: list[list[Node]] = [[]]
    for node in graph.nodes:
        if not computes(node):
            if not (is_view(node) or node.kind in (Fused.RING_PUSH, Fused.RING_READ)):
                runs.append([])
            continue
        reason = reason_for_cpu(graph, node)
        if reason is None and node.kind in result.settings.leave:
            reason = f"--npu-leave {node.kind}"
        if reason is not None:
            result.left.append(_left(node, reason))
            runs.append([])
        elif _fits(graph, runs[-1], node):
            runs[-1].append(node)
        else:
            runs.append([node])
    return [run for run in runs if run]


def _left(node: Node, reason: str) -> LeftToCpu:
    return LeftToCpu(node.outputs[0].name, str(node.kind), node.origin, reason)


def _is_worth_it(run: list[Node], result: Partition) -> bool:
    macs = sum(macs_of_node(node) for node in run)
    if macs >= result.settings.min_macs:
        return True
    reason = f"a job of {macs:,} MACs, fewer than --npu-min-macs {result.settings.min_macs:,}"
    result.left += [_left(node, reason) for node in run]
    return False


def _fits(graph: Graph, run: list[Node], node: Node) -> bool:
    """Whether ``node`` may join ``run``: what it reads of the run is whole, and there are regions enough."""
    made = {id(value) for member in run for value in member.outputs}
    for value in _operands(node):
        if id(view_of(graph, value).base) in made and base_of(graph, value) is None:
            return False
    for state_row in _rows_read(graph, node):
        if id(view_of(graph, state_row).base) in made and not _lands_in_ring(graph, run, state_row):
            return False
    members = [*run, node]
    return len(_inputs(graph, members)) + len(_outputs(graph, members)) <= REGIONS - FIRST_OPERAND_REGION


def _operands(node: Node) -> list[Value]:
    return [value for value in node.inputs if value.data is None]


def _rows_read(graph: Graph, node: Node) -> list[Value]:
    """New rows of the rings that ``node`` reads and this graph pushes."""
    pushes = [graph.producer(view_of(graph, value).base) for value in _operands(node)]
    return [push.inputs[0] for push in pushes if push is not None and push.kind == Fused.RING_PUSH]


def _lands_in_ring(graph: Graph, run: list[Node], row: Value) -> bool:
    """Whether the lowering will have ``row`` computed in the ring itself, at an aligned address."""
    base = base_of(graph, row)
    pushed = [node for node in graph.nodes if node.kind == Fused.RING_PUSH]
    takers = [push for push in pushed if view_of(graph, push.inputs[0]).base is base]
    is_output = any(view_of(graph, output).base is base for output in graph.outputs)
    return base is not None and len(takers) == 1 and not is_output and row.elements % ALIGNMENT == 0


def _inputs(graph: Graph, run: Sequence[Node]) -> list[Value]:
    """What a run reads from outside, once each: whole tensors by their base, parts as they are."""
    made = {id(value) for node in run for value in node.outputs}
    found: dict[int, Value] = {}
    for node in run:
        for value in _operands(node):
            source = base_of(graph, value) or value
            if id(source) not in made:
                found.setdefault(id(source), source)
    return list(found.values())


def _outputs(graph: Graph, run: Sequence[Node]) -> list[Value]:
    """What others read of a run."""
    inside = set(map(id, run))
    needed = {id(view_of(graph, value).base) for value in graph.outputs}
    for node in graph.nodes:
        if id(node) not in inside and not is_view(node):
            needed |= {id(view_of(graph, value).base) for value in _operands(node)}
    return [value for node in run for value in node.outputs if id(value) in needed]


def _segments(graph: Graph, run: list[Node]) -> list[Segment]:
    """Cut a run where a node reads a ring whose newest row the run has just computed."""
    parts: list[list[Node]] = [[]]
    for node in run:
        made = {id(value) for member in parts[-1] for value in member.outputs}
        if any(id(view_of(graph, row).base) in made for row in _rows_read(graph, node)):
            parts.append([])
        parts[-1].append(node)
    return [Segment(tuple(part), tuple(_inputs(graph, part)), tuple(_outputs(graph, part))) for part in parts]


def _job(
    graph: Graph,
    run: list[Node],
    segments: list[Segment],
    blobs: list[bytes],
    compiled: list[CompiledGraph],
    accelerator: Accelerator,
) -> Node:
    """The node that stands for a run; its options are the joined streams."""
    inputs, outputs = _inputs(graph, run), _outputs(graph, run)
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


def _replace(graph: Graph, run: list[Node], job: Node) -> None:
    """Put the job at the place of the run's last node; pushes of its rows come after it."""
    first, last = graph.nodes.index(run[0]), graph.nodes.index(run[-1])
    between = [node for node in graph.nodes[first : last + 1] if node not in run]
    pushes = [node for node in between if node.kind == Fused.RING_PUSH]
    others = [node for node in between if node not in pushes]
    graph.nodes[first : last + 1] = [*others, job, *pushes]
