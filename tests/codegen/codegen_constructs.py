"""Constructs that no network of `skipstone convert` has, as models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from codegen_small_models import GraphBuilder, Tensor, gated_model, straight_model
from skipstone.quantize.tflite.options import (
    AddOptions,
    BatchMatMulOptions,
    FullyConnectedOptions,
    SoftmaxOptions,
    WhileOptions,
)
from skipstone.quantize.tflite.writer import ModelWriter

QUANTIZATION = {"scale": 0.1, "zero_point": 3}


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


def _pushes(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("out", g.depthwise("conv", g.push("state", x, 4)), 9)


def _plain_front(g: GraphBuilder, x: Tensor) -> Tensor:
    return g.fc("front", x, 9)


def _window_of_main_and_own_window(g: GraphBuilder, x: Tensor) -> Tensor:
    keys, values = g.read("state", 4, 9), g.push("own", x, 4)
    return g.fc("out", g.attention("a", x, keys, values, 3), 9)


def loop(begin: int | None = 0, step: int = 2, end: int = 5, activation: str = "none") -> bytes:
    """``while counter < end: x, counter = fc(x), counter + step``; without ``begin`` it is an input."""
    writer = ModelWriter("loop")
    main, condition, body = (writer.subgraph(name) for name in ("main", "condition", "body"))
    x = main.input("x", (1, 4), **QUANTIZATION)
    if begin is None:
        first = main.input("begin", (1,), "int32")
    else:
        first = main.tensor("begin", (1,), "int32", data=[begin])
    outputs = [main.tensor("y", (1, 4), **QUANTIZATION), main.tensor("last", (1,), "int32")]
    for graph in (condition, body):
        graph.input("x", (1, 4), **QUANTIZATION)
        graph.input("counter", (1,), "int32")
    more = condition.tensor("more", (1,), "bool")
    condition.operator("LESS", [1, condition.tensor("end", (1,), "int32", data=[end])], [more])
    condition.set_outputs(more)
    weight = body.tensor("weight", (4, 4), scale=0.1, data=np.arange(16).reshape(4, 4) * 3 - 20)
    following = [body.tensor("x/next", (1, 4), **QUANTIZATION), body.tensor("next", (1,), "int32")]
    body.operator("FULLY_CONNECTED", [0, weight], following[:1], FullyConnectedOptions())
    addend = body.tensor("step", (1,), "int32", data=[step])
    body.operator("ADD", [1, addend], following[1:], AddOptions(activation))
    body.set_outputs(*following)
    main.operator("WHILE", [x, first], outputs, WhileOptions(condition.index, body.index))
    main.set_outputs(outputs[0])
    return writer.to_bytes()


def _straight(build: Callable[[GraphBuilder, Tensor], Tensor]) -> Callable[[], bytes]:
    return lambda: straight_model(build, features=10)


MODELS: dict[str, Callable[[], bytes]] = {
    "shift_by_two": _straight(_shift_by_two),
    "state_read_in_order": _straight(_state_read_in_order),
    "lonely_softmax": _straight(_lonely_softmax),
    "product_of_activations": _straight(_product_of_activations),
    "scattered_operand": _straight(_scattered_operand),
    "broadcast": _straight(_broadcast),
    "loop": loop,
    "pushed_twice": lambda: gated_model([_reads], _front_and_push, _head_and_push),
    "pushed_in_two_graphs": lambda: gated_model([_reads, _pushes], _front_and_push, _plain_head),
    "pushed_later": lambda: gated_model([_reads], _plain_front, _head_and_push),
    "pushed_in_another_block": lambda: gated_model([_reads, _pushes], _plain_front, _plain_head),
    "two_windows_out_of_step": lambda: gated_model(
        [_window_of_main_and_own_window], _front_and_push, _plain_head
    ),
}
