"""A job of the NPU: its operands as regions, which must be aligned and reachable by the NPU."""

from __future__ import annotations

from skipstone.firmware.codegen.buffers import Buffer, Role, Span
from skipstone.firmware.codegen.graph import Graph, Node, State, Value
from skipstone.firmware.codegen.lowering.copies import copy_span
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.npu.job import ALIGNMENT, CompiledJob, NpuJob
from skipstone.firmware.codegen.operations import Operation

_CALLERS = frozenset({Role.FEATURES, Role.GATE_BIAS, Role.LOGITS, Role.GATES})
"""Memory of the caller: any alignment, and perhaps where the NPU's bus does not reach."""


def lower_npu_job(graph: Graph, node: Node, placement: Placement) -> list[Operation]:
    """Copies into aligned memory where an operand needs it (most often none), the job, copies back."""
    job: CompiledJob = node.options
    before: list[Operation] = []
    after: list[Operation] = []
    inputs: list[Span | State] = []
    for value in node.inputs:
        ring = graph.ring_of(value)
        if ring is not None:
            inputs.append(ring)
            continue
        span = placement.span(value, node)
        usable = _usable(span, value)
        before += copy_span(span, usable, value.name, node)
        inputs.append(usable)
    outputs = []
    for value in node.outputs:
        span = placement.home(value)
        usable = _usable(span, value)
        after += copy_span(usable, span, value.name, node)
        outputs.append(usable)
    return [*before, NpuJob(job.name, node.origin, job, tuple(inputs), tuple(outputs)), *after]


def _usable(span: Span, value: Value) -> Span:
    """``span`` itself where the NPU can work on it, else a buffer of its own in the arena."""
    steps = span.buffer.bytes if span.buffer.role == Role.RING_SLOT else 0
    if span.buffer.role not in _CALLERS and span.offset % ALIGNMENT == 0 and steps % ALIGNMENT == 0:
        return span
    return Span(Buffer(f"{value.name}/npu", span.bytes), 0, span.bytes)
