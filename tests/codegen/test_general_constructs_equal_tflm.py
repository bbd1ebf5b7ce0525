"""Constructs that no network of `skipstone convert` has: the generated C gives the bytes of TFLM."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from codegen_host_program import build_host_model
from codegen_small_models import GraphBuilder, Tensor, gated_model, straight_model
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.options import BatchMatMulOptions, SoftmaxOptions

STEPS = 60


def _shift_by_two(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("head", g.depthwise("conv", g.push("state", x, 4, shift=2)), 3)


def _state_read_in_order(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("head", g.push("state", x, 3), 3)


def _lonely_softmax(g: GraphBuilder, x: Tensor) -> Tensor:
    probability = g.computed("p", x.shape, 1 / 256, -128)
    g.graph.operator("SOFTMAX", [x.index], [probability.index], SoftmaxOptions())
    return probability


def _product_of_activations(g: GraphBuilder, x: Tensor) -> Tensor:
    product = g.computed("product", (1, 1))
    operands = [x.index, x.index]
    g.graph.operator("BATCH_MATMUL", operands, [product.index], BatchMatMulOptions(adj_y=True))
    return product


def _scattered_operand(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("head", g.transpose("turned", g.reshape("matrix", x, (2, 5)), (1, 0)), 3)


def _broadcast(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.add("sum", x, g.fc("one", x, 1))


def _reads(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("out", g.depthwise("conv", g.read("state", 4, 9)), 9)


def _front_and_push(g: GraphBuilder, x: Tensor) -> Tensor:
    row = g.fc("front", x, 9)
    g.push("state", row, 4)
    return row


def _plain_head(g: GraphBuilder, first: Tensor, last: Tensor) -> Tensor:
    return g.fc("head", last, 3)


def _head_and_push(g: GraphBuilder, first: Tensor, last: Tensor) -> Tensor:
    g.push("state", first, 4)
    return g.fc("head", last, 3)


def _window_of_main_and_own_window(g: GraphBuilder, x: Tensor) -> Tensor:
    keys, values = g.read("state", 4, 9), g.push("own", x, 4)
    return g.fc("out", g.attention("a", x, keys, values, 3), 9)


def compare(model: bytes, folder: Path) -> None:
    """Stream random features through C, TFLM and the integer model; compare outputs and states."""
    host, tflm, integer = build_host_model(model, folder), TflmRunner(model), IntegerInterpreter(model)
    main = integer.model.main
    rng = np.random.default_rng(3)
    expected, states = [], []
    for step in range(STEPS):
        if step == STEPS // 2:
            host.reset(), tflm.reset(), integer.reset()
        features = rng.integers(-128, 128, main.tensors[main.inputs[0]].shape).astype(np.int8)
        rest = [np.zeros(main.tensors[i].shape, np.int8) for i in main.inputs[1:]]
        host.step(features.ravel())
        expected.append(tflm.step(features, *rest)[0])
        np.testing.assert_array_equal(integer.step(features, *rest)[0], expected[-1])
        host.read_states()
        states.append(integer.states())
    host.run()
    for got, logits, theirs, ours in zip(host.steps, expected, host.states, states, strict=True):
        np.testing.assert_array_equal(got.logits, logits.ravel().view(np.int8))
        assert theirs.keys() == ours.keys()
        for name, values in ours.items():
            np.testing.assert_array_equal(theirs[name], values.ravel(), name)


@pytest.mark.parametrize(
    "build",
    [
        _shift_by_two,
        _state_read_in_order,
        _lonely_softmax,
        _product_of_activations,
        _scattered_operand,
        _broadcast,
    ],
)
def test_straight_model(build: Callable[[GraphBuilder, Tensor], Tensor], tmp_path: Path) -> None:
    compare(straight_model(build, features=10), tmp_path)


@pytest.mark.parametrize(
    ("body", "front", "head"),
    [
        (_reads, _front_and_push, _head_and_push),
        (_window_of_main_and_own_window, _front_and_push, _plain_head),
    ],
    ids=["pushed_twice", "two_windows_out_of_step"],
)
def test_block_that_reads_a_state(
    body: Callable[[GraphBuilder, Tensor], Tensor],
    front: Callable[[GraphBuilder, Tensor], Tensor],
    head: Callable[[GraphBuilder, Tensor, Tensor], Tensor],
    tmp_path: Path,
) -> None:
    compare(gated_model([body], front, head), tmp_path)
