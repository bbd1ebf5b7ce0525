"""Partition: runs of operators that the NPU can compute become jobs; the others are named with the reason.

Runs never cross a gate, so that a shut block starts no job. What Vela refuses, or computes otherwise than
TFLM, goes back to the CPU with that as its reason, and the rest is divided again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from skipstone.firmware.codegen.graph import Fused, Graph, Network, Node
from skipstone.firmware.codegen.npu.accelerator import Accelerator
from skipstone.firmware.codegen.npu.cut import Segment, write_segment
from skipstone.firmware.codegen.npu.eligibility import GATES, macs_of_node, reason_for_cpu
from skipstone.firmware.codegen.npu.errors import InexactJobError, RefusedGraphError, StrictError
from skipstone.firmware.codegen.npu.job import CompiledJob
from skipstone.firmware.codegen.npu.joining import join_segments
from skipstone.firmware.codegen.npu.runs import inputs_of, outputs_of, runs_of, segments_of
from skipstone.firmware.codegen.npu.vela import CompiledGraph, compile_graphs

Compile = Callable[[Sequence[tuple[str, bytes]], Accelerator], list[CompiledGraph | RefusedGraphError]]


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
        VelaError: Vela is absent, or writes what this version does not understand.
        StrictError: with ``is_strict``, all operators but the gates that are left to the CPU.
    """
    planner = _Planner(network, result, compile_with)
    while not planner.settle():
        pass
    result.left = planner.left
    for graph, run, job in planner.jobs:
        result.jobs.append(job.options)
        _replace(graph, run, job)
    stray = [operator for operator in result.left if operator.kind != GATES]
    if result.settings.is_strict and stray:
        lines = "\n".join(f"  - {operator}" for operator in stray)
        raise StrictError(
            f"{network.name}: {len(stray)} operators are left to the CPU\n{lines}",
            "change what the lines say, lower --npu-min-macs, or leave out --npu-strict",
        )


class _Planner:
    """Divides, compiles and checks until nothing is refused; every other round refuses at least one node."""

    def __init__(self, network: Network, result: Partition, compile_with: Compile) -> None:
        self._network = network
        self._settings = result.settings
        self._compile_with = compile_with
        self._compiled: dict[bytes, CompiledGraph | RefusedGraphError] = {}
        self._refused: dict[Node, str] = {}
        self.left: list[LeftToCpu] = []
        self.jobs: list[tuple[Graph, list[Node], Node]] = []

    def settle(self) -> bool:
        """One round; whether nothing was refused in it."""
        self.left, self.jobs = [], []
        before = len(self._refused)
        runs = [
            (graph, run)
            for graph in self._network.reachable()
            for run in runs_of(graph, lambda node, graph=graph: self._may_run(graph, node))  # type: ignore[misc]
            if self._is_worth_it(run)
        ]
        self._compile([(graph, part) for graph, run in runs for part in segments_of(graph, run)])
        for graph, run in runs:
            job = self._job(graph, run)
            if job is not None and self._is_exact(graph, run, job.options):
                self.jobs.append((graph, run, job))
        return len(self._refused) == before

    def _may_run(self, graph: Graph, node: Node) -> bool:
        reason = reason_for_cpu(graph, node) or self._refused.get(node)
        if reason is None and node.kind in self._settings.leave:
            reason = f"--npu-leave {node.kind}"
        if reason is not None:
            self.left.append(_left(node, reason))
        return reason is None

    def _is_worth_it(self, run: list[Node]) -> bool:
        macs = sum(macs_of_node(node) for node in run)
        if macs >= self._settings.min_macs:
            return True
        reason = f"a job of {macs:,} MACs, fewer than --npu-min-macs {self._settings.min_macs:,}"
        self.left += [_left(node, reason) for node in run]
        return False

    def _compile(self, segments: list[tuple[Graph, Segment]]) -> None:
        """Have Vela compile every segment that it has not seen yet, all at once."""
        graphs = {write_segment(graph, part): part.name for graph, part in segments}
        new = [(name, blob) for blob, name in graphs.items() if blob not in self._compiled]
        for (_, blob), compiled in zip(new, self._compile_with(new, self._settings.accelerator), strict=True):
            self._compiled[blob] = compiled

    def _job(self, graph: Graph, run: list[Node]) -> Node | None:
        """The job of a run; ``None`` where Vela has refused a part of it."""
        segments = segments_of(graph, run)
        blobs = [write_segment(graph, segment) for segment in segments]
        compiled: list[CompiledGraph] = []
        for segment, blob in zip(segments, blobs, strict=True):
            part = self._compiled[blob]
            if isinstance(part, RefusedGraphError):
                self._refuse(segment, part)
                return None
            compiled.append(part)
        return join_segments(graph, run, segments, blobs, compiled, self._settings.accelerator)

    def _refuse(self, segment: Segment, error: RefusedGraphError) -> None:
        """Vela names operators after their results; where it names none of the segment, all are refused."""
        named = [node for node in segment.nodes if node.outputs[0].name in error.operators]
        for node in named or segment.nodes:
            self._refused[node] = error.cause

    def _is_exact(self, graph: Graph, run: list[Node], job: CompiledJob) -> bool:
        """Check a job; where it differs from TFLM, the operators that do so alone are refused, else all."""
        if self._settings.check is None:
            return True
        try:
            self._settings.check(job, self._settings.accelerator)
            return True
        except InexactJobError as error:
            guilty = [node for node in run if len(run) > 1 and not self._is_exact_alone(graph, node)]
            for node in guilty or run:
                self._refused[node] = error.cause
            return False

    def _is_exact_alone(self, graph: Graph, node: Node) -> bool:
        segment = Segment((node,), tuple(inputs_of(graph, [node])), tuple(outputs_of(graph, [node])))
        self._compile([(graph, segment)])
        job = self._job(graph, [node])
        return job is not None and self._is_exact(graph, [node], job.options)


def _left(node: Node, reason: str) -> LeftToCpu:
    return LeftToCpu(node.outputs[0].name, str(node.kind), node.origin, reason)


def _replace(graph: Graph, run: list[Node], job: Node) -> None:
    """Put the job at the place of the run's last node; pushes of its rows come after it."""
    first, last = graph.nodes.index(run[0]), graph.nodes.index(run[-1])
    between = [node for node in graph.nodes[first : last + 1] if node not in run]
    pushes = [node for node in between if node.kind == Fused.RING_PUSH]
    others = [node for node in between if node not in pushes]
    graph.nodes[first : last + 1] = [*others, job, *pushes]
