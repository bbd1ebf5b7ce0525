"""Constructs that no network of `skipstone convert` has, as models."""

from __future__ import annotations

from collections.abc import Callable

from codegen_small_models import GraphBuilder, Tensor, gated_model, straight_model
from skipstone.quantize.tflite.options import BatchMatMulOptions, SoftmaxOptions


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


def _straight(build: Callable[[GraphBuilder, Tensor], Tensor]) -> Callable[[], bytes]:
    return lambda: straight_model(build, features=10)


MODELS: dict[str, Callable[[], bytes]] = {
    "shift_by_two": _straight(_shift_by_two),
    "state_read_in_order": _straight(_state_read_in_order),
    "lonely_softmax": _straight(_lonely_softmax),
    "product_of_activations": _straight(_product_of_activations),
    "scattered_operand": _straight(_scattered_operand),
    "broadcast": _straight(_broadcast),
    "pushed_twice": lambda: gated_model([_reads], _front_and_push, _head_and_push),
    "two_windows_out_of_step": lambda: gated_model(
        [_window_of_main_and_own_window], _front_and_push, _plain_head
    ),
}
