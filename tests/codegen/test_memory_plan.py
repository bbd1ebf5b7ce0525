"""The memory plan: live buffers never share bytes; views are exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.firmware.codegen.buffers import Buffer, Role, Span
from skipstone.firmware.codegen.generate import compile_network
from skipstone.firmware.codegen.graph import Graph, Node, Value
from skipstone.firmware.codegen.importer import build_network
from skipstone.firmware.codegen.memory_plan import ALIGNMENT, plan_arena, plan_state
from skipstone.firmware.codegen.operations import Copy
from skipstone.firmware.codegen.packing.operator import KernelVariant
from skipstone.firmware.codegen.program import Function, Program
from skipstone.firmware.codegen.rewrites.views import view_of
from skipstone.firmware.codegen.selection import select_kernels
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint


def _program(sizes: list[int], reads: list[list[int]]) -> Program:
    """Operation ``i`` writes buffer ``i`` and reads the buffers in ``reads[i]``."""
    buffers = [Buffer(f"b{index}", size) for index, size in enumerate(sizes)]
    operations = []
    for index, sources in enumerate(reads):
        target = Span(buffers[index], 0, sizes[index])
        for source in sources or [index]:
            operations.append(Copy("op", (0, index), Span(buffers[source], 0, 1), target))
    outside = Buffer("outside", 1, Role.FEATURES)
    return Program(Function("step", 0, operations), outside, None, outside, None, [], (1.0, 0))


@given(st.data())
def test_buffers_that_live_together_do_not_overlap(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 300), min_size=1, max_size=14))
    reads = [
        data.draw(st.lists(st.integers(0, index - 1), max_size=3)) if index else []
        for index in range(len(sizes))
    ]
    program = _program(sizes, reads)
    plan = plan_arena(program, {})
    lives: dict[Buffer, tuple[int, int]] = {}
    for time, operation in enumerate(program.timeline()):
        for span in (*operation.reads(), *operation.writes()):
            first, _ = lives.get(span.buffer, (time, time))
            lives[span.buffer] = (first, time)
    for a, (a_first, a_last) in lives.items():
        assert a.offset % ALIGNMENT == 0 and a.offset + a.bytes <= plan.bytes
        for b, (b_first, b_last) in lives.items():
            if a is not b and a_first <= b_last and b_first <= a_last:
                assert a.offset + a.bytes <= b.offset or b.offset + b.bytes <= a.offset
    assert plan.lower_bound_bytes <= plan.bytes <= sum(size + ALIGNMENT for size in sizes)


@pytest.mark.parametrize("variant", list(KernelVariant))
def test_the_default_model_needs_no_more_than_the_lower_bound(variant: KernelVariant) -> None:
    program = compile_network(build_network(convert(random_checkpoint(1)), "net"))
    plan = plan_arena(program, select_kernels(program, variant))
    assert plan.bytes == plan.lower_bound_bytes
    state = plan_state(program)
    assert state.bytes % ALIGNMENT == 0
    assert all(offset % ALIGNMENT == 0 for offset in state.data_offsets.values())


def _value(name: str, shape: tuple[int, ...], data: list[int] | None = None) -> Value:
    constant = None if data is None else np.array(data, np.int32)
    empty = np.empty(0)
    return Value(name, shape, "int8", empty.astype(np.float32), empty.astype(np.int64), constant)


@given(st.data())
def test_a_chain_of_views_shows_the_elements_that_numpy_shows(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)))
    array = np.arange(int(np.prod(shape))).reshape(shape)
    source = _value("x", shape)
    graph = Graph(0, "g", [source], [], [])
    current = source
    for number in range(data.draw(st.integers(0, 5))):
        kind = data.draw(st.sampled_from(["RESHAPE", "TRANSPOSE", "SLICE"]))
        operands = [current]
        if kind == "TRANSPOSE":
            order = data.draw(st.permutations(range(array.ndim)))
            array = array.transpose(order)
            operands.append(_value("order", (array.ndim,), list(order)))
        elif kind == "SLICE":
            begin = [data.draw(st.integers(0, size - 1)) for size in array.shape]
            array = array[tuple(slice(b, None) for b in begin)]
            operands += [
                _value("begin", (array.ndim,), begin),
                _value("size", (array.ndim,), [-1] * array.ndim),
            ]
        else:
            array = array.reshape(data.draw(st.permutations(array.shape)))
            operands.append(_value("shape", (array.ndim,), list(array.shape)))
        output = _value(f"v{number}", array.shape)
        graph.nodes.append(Node(kind, operands, [output], None, (0, number)))
        current = output
    view = view_of(graph, current)
    assert view.base is source
    assert np.array_equal(view.elements, array)
    flat = array.ravel()
    in_order = np.array_equal(flat, np.arange(flat[0], flat[0] + flat.size))
    assert view.contiguous_offset == (flat[0] if in_order else None)
