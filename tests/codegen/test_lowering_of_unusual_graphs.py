"""Graphs that `convert` does not write stream as in stock TFLM, whatever must be copied for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from codegen_host_program import build_host_model
from codegen_small_models import GraphBuilder, Tensor, gated_model, straight_model
from skipstone.quantize.evaluation.tflm import TflmRunner

STEPS = 120


def _two_rings(g: GraphBuilder, x: Tensor) -> Tensor:
    first = g.depthwise("c1", g.push("s1", g.fc("p1", x, 8), 4), "relu")
    second = g.depthwise("c2", g.push("s2", first, 3), "relu6")
    return g.add("sum", second, first, activation="relu_n1_to_1")


def _feature_ring(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("head", g.depthwise("conv", g.push("state", x, 5)), 4)


def _window_in_the_arena(g: GraphBuilder, x: Tensor) -> Tensor:
    rows = g.reshape("rows", g.fc("p", x, 12), (1, 3, 4))
    return g.fc("head", g.depthwise("conv", rows), 4, per_tensor=True)


def _parts(g: GraphBuilder, x: Tensor) -> Tensor:
    a, b = g.fc("a", x, 3), g.fc("b", x, 5, bias=False)
    whole = g.concat("ab", [a, b, a, g.slice("tail", b, 2, 2)])
    return g.fc("head", g.add("sum", whole, g.fc("c", x, 13)), 6)


def _output_is_a_concatenation(g: GraphBuilder, x: Tensor) -> Tensor:
    a = g.fc("a", x, 3)
    return g.concat("out", [g.fc("b", a, 2), g.concat("inner", [a, g.fc("c", x, 4)])])


def _attention(g: GraphBuilder, x: Tensor) -> Tensor:
    row = g.fc("kv", x, 12, zero_point=9)
    keys = g.push("k", row, 6)
    values = g.push("v", row, 6)
    return g.fc("head", g.attention("att", g.fc("q", x, 12, zero_point=-6), keys, values, 2), 5)


def _shared_operands(g: GraphBuilder, x: Tensor) -> Tensor:
    a = g.fc("a", x, 7)
    doubled = g.add("doubled", a, a)
    return g.add("sum", g.add("again", doubled, a), doubled)


STRAIGHT: dict[str, Callable[[GraphBuilder, Tensor], Tensor]] = {
    "two_rings": _two_rings,
    "feature_ring": _feature_ring,
    "window_in_the_arena": _window_in_the_arena,
    "parts": _parts,
    "output_is_a_concatenation": _output_is_a_concatenation,
    "attention": _attention,
    "shared_operands": _shared_operands,
    "identity": lambda g, x: x,
    "reshaped_output": lambda g, x: g.reshape("out", g.fc("a", x, 6), (1, 2, 3)),
}


@pytest.mark.parametrize("name", list(STRAIGHT))
def test_ungated_graph(name: str, tmp_path: Path) -> None:
    model = straight_model(STRAIGHT[name])
    host, tflm = build_host_model(model, tmp_path), TflmRunner(model)
    random = np.random.default_rng(1)
    expected = []
    for step in range(STEPS):
        if step == 70:
            host.reset()
            tflm.reset()
        features = random.integers(-128, 128, host.feature_count).astype(np.int8)
        host.step(features)
        expected.append(tflm.step(features)[0].ravel())
    host.self_test()
    host.run()
    assert np.array_equal([result.logits for result in host.steps], expected)


def _front(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("front", x, 9)


def _head(g: GraphBuilder, first: Tensor, last: Tensor) -> Tensor:
    return g.fc("head", last, 5)


def _residual(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.add("y", x, g.fc("o", g.fc("h", x, 14, activation="relu"), 9))


def _no_residual(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("y", g.fc("h", x, 6), 9)


def _reads_its_input_late(g: GraphBuilder, x: Tensor) -> Tensor:
    y = g.add("y", x, g.fc("o", x, 9))
    return g.add("z", g.fc("late", x, 9), y)


def _single_matrix(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("y", x, 9)


def _same_state_row_and_result(g: GraphBuilder, x: Tensor) -> Tensor:
    y = g.add("y", x, g.fc("o", x, 9))
    g.push("memory", y, 3)
    return y


def _convolution(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.add("y", g.depthwise("conv", g.push("ring", x, 4)), x)


BODIES = {
    "residual": _residual,
    "no_residual": _no_residual,
    "reads_its_input_late": _reads_its_input_late,
    "single_matrix": _single_matrix,
    "same_state_row_and_result": _same_state_row_and_result,
    "convolution": _convolution,
    "identity": lambda g, x: x,
    "reshaped": lambda g, x: g.reshape("out", _residual(g, g.reshape("in", x, (1, 9))), (1, 9)),
}


def _check_gated(model: bytes, folder: Path) -> None:
    host, tflm = build_host_model(model, folder), TflmRunner(model)
    random = np.random.default_rng(2)
    expected = []
    for step in range(STEPS):
        if step % 40 == 0:
            host.gate_source("arbitrator")
        if step % 40 == 20:
            host.gate_source("trace")
        traced = step % 40 >= 20
        mask = random.random(host.block_count) < 0.5
        bias = np.where(mask, 127, -128) if traced else np.zeros(host.block_count)
        features = random.integers(-128, 128, host.feature_count).astype(np.int8)
        host.step(features, mask if traced else None)
        expected.append(tflm.step(features, bias.astype(np.int8)))
    host.self_test()
    host.run()
    assert np.array_equal([result.gates for result in host.steps], [gates.ravel() for _, gates in expected])
    assert np.array_equal(
        [result.logits for result in host.steps], [logits.ravel() for logits, _ in expected]
    )


@pytest.mark.parametrize("name", list(BODIES))
def test_body_of_a_block(name: str, tmp_path: Path) -> None:
    _check_gated(gated_model([_residual, BODIES[name], _residual], _front, _head), tmp_path)


def test_block_input_that_is_needed_afterwards(tmp_path: Path) -> None:
    def head(g: GraphBuilder, first: Tensor, last: Tensor) -> Tensor:
        return g.fc("head", g.concat("both", [first, last]), 5)

    _check_gated(gated_model([_residual, _residual], _front, head), tmp_path)


def test_block_directly_on_the_features(tmp_path: Path) -> None:
    def body(g: GraphBuilder, x: Tensor) -> Tensor:
        return g.fc("y", g.fc("h", x, 6), 9, zero_point=-4)

    _check_gated(gated_model([body], lambda g, x: x, _head, features=9), tmp_path)


def test_a_body_reads_the_rings_that_the_main_graph_pushes(tmp_path: Path) -> None:
    def front(g: GraphBuilder, x: Tensor) -> Tensor:
        row = g.fc("front", x, 8)
        g.push("keys", g.fc("k", row, 8), 5)
        g.push("values", g.fc("v", row, 8, zero_point=3), 5)
        return row

    def attends(g: GraphBuilder, x: Tensor) -> Tensor:
        keys, values = g.read("keys", 5, 8), g.read("values", 5, 8, zero_point=3)
        return g.fc("out", g.attention("a", g.fc("q", x, 8), keys, values, 2), 8)

    def convolves(g: GraphBuilder, x: Tensor) -> Tensor:
        return g.add("sum", x, g.fc("out", g.depthwise("conv", g.read("keys", 5, 8)), 8))

    _check_gated(gated_model([attends, convolves, attends], front, _head), tmp_path)


def test_block_directly_on_a_state_row(tmp_path: Path) -> None:
    def front(g: GraphBuilder, x: Tensor) -> Tensor:
        row = g.fc("front", x, 9)
        g.push("ring", row, 3)
        return row

    _check_gated(gated_model([_residual, _no_residual], front, _head), tmp_path)


def test_block_output_is_the_model_output(tmp_path: Path) -> None:
    model = gated_model([_residual, _residual], _front, lambda g, first, last: last)
    _check_gated(model, tmp_path)
