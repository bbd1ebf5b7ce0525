"""Small models with other ends, other orders and other readers than those that `convert` writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from skipstone.quantize.tflite.options import (
    AddOptions,
    BatchMatMulOptions,
    ConcatenationOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    IfOptions,
    ReshapeOptions,
    SoftmaxOptions,
    VarHandleOptions,
)
from skipstone.quantize.tflite.writer import ModelWriter, SubgraphWriter


@dataclass(frozen=True)
class Tensor:
    """A tensor of the graph that is being built."""

    index: int
    shape: tuple[int, ...]
    scale: float
    zero_point: int


class GraphBuilder:
    """Appends operators with random weights to one subgraph."""

    def __init__(self, graph: SubgraphWriter, seed: int) -> None:
        self.graph = graph
        self.random = np.random.default_rng(seed)

    def input(self, name: str, size: int, scale: float = 0.05, zero_point: int = 0) -> Tensor:
        shape = (1, size)
        return Tensor(
            self.graph.input(name, shape, scale=scale, zero_point=zero_point), shape, scale, zero_point
        )

    def computed(self, name: str, shape: tuple[int, ...], scale: float = 0.05, zero_point: int = 0) -> Tensor:
        index = self.graph.tensor(name, shape, scale=scale, zero_point=zero_point)
        return Tensor(index, shape, scale, zero_point)

    def fc(
        self,
        name: str,
        x: Tensor,
        size: int,
        *,
        scale: float = 0.05,
        zero_point: int = 0,
        activation: str = "none",
        per_tensor: bool = False,
        bias: bool = True,
    ) -> Tensor:
        depth = int(np.prod(x.shape))
        scales = self.random.uniform(0.5, 1.0, 1 if per_tensor else size) * 0.02 / np.sqrt(depth)
        scales = scales.astype(np.float32)
        weights = self.random.integers(-127, 128, (size, depth))
        operands = [x.index, self.graph.tensor(f"{name}/w", (size, depth), scale=scales, data=weights)]
        if bias:
            values = self.random.integers(-9000, 9000, size)
            operands.append(
                self.graph.tensor(
                    f"{name}/b", (size,), "int32", scale=scales * np.float32(x.scale), data=values
                )
            )
        output = self.computed(name, (1, size), scale, zero_point)
        self.graph.operator("FULLY_CONNECTED", operands, [output.index], FullyConnectedOptions(activation))
        return output

    def add(self, name: str, a: Tensor, b: Tensor, scale: float = 0.05, activation: str = "none") -> Tensor:
        output = self.computed(name, a.shape, scale)
        self.graph.operator("ADD", [a.index, b.index], [output.index], AddOptions(activation))
        return output

    def reshape(self, name: str, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        target = self.graph.tensor(f"{name}/shape", (len(shape),), "int32", data=shape)
        output = self.computed(name, shape, x.scale, x.zero_point)
        self.graph.operator("RESHAPE", [x.index, target], [output.index], ReshapeOptions(shape))
        return output

    def transpose(self, name: str, x: Tensor, order: tuple[int, ...]) -> Tensor:
        target = self.graph.tensor(f"{name}/order", (len(order),), "int32", data=order)
        output = self.computed(name, tuple(x.shape[i] for i in order), x.scale, x.zero_point)
        self.graph.operator("TRANSPOSE", [x.index, target], [output.index])
        return output

    def slice(self, name: str, x: Tensor, begin: int, size: int) -> Tensor:
        start = self.graph.tensor(f"{name}/begin", (2,), "int32", data=[0, begin])
        length = self.graph.tensor(f"{name}/size", (2,), "int32", data=[1, size])
        output = self.computed(name, (1, size), x.scale, x.zero_point)
        self.graph.operator("SLICE", [x.index, start, length], [output.index])
        return output

    def concat(self, name: str, parts: list[Tensor]) -> Tensor:
        size = sum(part.shape[-1] for part in parts)
        output = self.computed(name, (1, size), parts[0].scale, parts[0].zero_point)
        options = ConcatenationOptions(axis=-1)
        self.graph.operator("CONCATENATION", [part.index for part in parts], [output.index], options)
        return output

    def push(self, name: str, row: Tensor, rows: int, shift: int = 1) -> Tensor:
        """A state that shifts by ``shift`` rows; returns the window [1, rows, size]."""
        size = row.shape[-1] // shift
        window, graph = (1, rows, size), self.graph
        handle = graph.tensor(f"{name}/handle", (1,), "resource")
        graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions(name))
        old = self.computed(f"{name}/old", window, row.scale, row.zero_point)
        graph.operator("READ_VARIABLE", [handle], [old.index])
        begin = graph.tensor(f"{name}/begin", (3,), "int32", data=[0, shift, 0])
        length = graph.tensor(f"{name}/size", (3,), "int32", data=[1, rows - shift, size])
        kept = self.computed(f"{name}/kept", (1, rows - shift, size), row.scale, row.zero_point)
        graph.operator("SLICE", [old.index, begin, length], [kept.index])
        new = self.reshape(f"{name}/new", row, (1, shift, size))
        whole = self.computed(name, window, row.scale, row.zero_point)
        options = ConcatenationOptions(axis=1)
        graph.operator("CONCATENATION", [kept.index, new.index], [whole.index], options)
        graph.operator("ASSIGN_VARIABLE", [handle, whole.index], [])
        return whole

    def read(self, name: str, rows: int, size: int, scale: float = 0.05, zero_point: int = 0) -> Tensor:
        """The window [1, rows, size] of a state that another subgraph pushes."""
        handle = self.graph.tensor(f"{name}/handle", (1,), "resource")
        self.graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions(name))
        window = self.computed(f"{name}/window", (1, rows, size), scale, zero_point)
        self.graph.operator("READ_VARIABLE", [handle], [window.index])
        return window

    def depthwise(self, name: str, window: Tensor, activation: str = "none") -> Tensor:
        _, taps, channels = window.shape
        image = self.reshape(f"{name}/image", window, (1, taps, 1, channels))
        scales = self.random.uniform(0.002, 0.004, channels).astype(np.float32)
        data = self.random.integers(-127, 128, (1, taps, 1, channels))
        weights = self.graph.tensor(f"{name}/w", (1, taps, 1, channels), scale=scales, axis=3, data=data)
        biases = self.random.integers(-500, 500, channels)
        bias_scale = scales * np.float32(window.scale)
        bias = self.graph.tensor(f"{name}/b", (channels,), "int32", scale=bias_scale, data=biases)
        output = self.computed(name, (1, 1, 1, channels), 0.05, -3)
        options = DepthwiseConv2DOptions(activation=activation)
        self.graph.operator("DEPTHWISE_CONV_2D", [image.index, weights, bias], [output.index], options)
        return self.reshape(f"{name}/flat", output, (1, channels))

    def attention(self, name: str, query: Tensor, keys: Tensor, values: Tensor, heads: int) -> Tensor:
        """Values transposed and multiplied with adjY, keys without: the mirror of what `convert` writes."""
        _, positions, size = keys.shape
        head_dim = size // heads
        split = (1, positions, heads, head_dim)
        k = self.transpose(f"{name}/k", self.reshape(f"{name}/k4", keys, split), (0, 2, 3, 1))
        v = self.transpose(f"{name}/v", self.reshape(f"{name}/v4", values, split), (0, 2, 3, 1))
        q = self.reshape(f"{name}/q", query, (1, heads, 1, head_dim))
        score = self.computed(f"{name}/score", (1, heads, 1, positions), 0.06, 5)
        self.graph.operator("BATCH_MATMUL", [q.index, k.index], [score.index], BatchMatMulOptions())
        probability = self.computed(f"{name}/p", score.shape, 1 / 256, -128)
        self.graph.operator("SOFTMAX", [score.index], [probability.index], SoftmaxOptions(beta=0.7))
        context = self.computed(f"{name}/context", (1, heads, 1, head_dim), 0.03, -7)
        operands = [probability.index, v.index]
        self.graph.operator("BATCH_MATMUL", operands, [context.index], BatchMatMulOptions(adj_y=True))
        return self.reshape(f"{name}/flat", context, (1, size))


Body = Callable[[GraphBuilder, Tensor], Tensor]


def straight_model(build: Callable[[GraphBuilder, Tensor], Tensor], features: int = 11) -> bytes:
    """A model without gates: one input, one output."""
    writer = ModelWriter("small")
    builder = GraphBuilder(writer.subgraph("main"), 3)
    output = build(builder, builder.input("features", features, zero_point=-4))
    builder.graph.set_outputs(output.index)
    return writer.to_bytes()


def gated_model(
    bodies: list[Body],
    front: Callable[[GraphBuilder, Tensor], Tensor],
    head: Callable[[GraphBuilder, Tensor, Tensor], Tensor],
    features: int = 11,
) -> bytes:
    """One arbitrator over the front; ``head`` sees what enters the first block and what leaves the last."""
    writer = ModelWriter("gated")
    main = GraphBuilder(writer.subgraph("main"), 5)
    passthrough = GraphBuilder(writer.subgraph("passthrough"), 0)
    x = front(main, main.input("features", features, zero_point=-4))
    bias = main.input("gate_bias", len(bodies), scale=0.1)
    passthrough.graph.set_outputs(passthrough.input("x", x.shape[-1], x.scale, x.zero_point).index)
    logit = main.fc("arbitrator", x, len(bodies), scale=0.05)
    biased = main.add("biased", logit, bias)
    constant = main.random.integers(-20, 20, (1, len(bodies)))
    threshold = main.graph.tensor("threshold", constant.shape, scale=0.03, zero_point=2, data=constant)
    gates = main.graph.tensor("gates", constant.shape, "bool")
    main.graph.operator("GREATER", [biased.index, threshold], [gates])
    first = x
    for index, body in enumerate(bodies):
        inner = GraphBuilder(writer.subgraph(f"block {index}"), 7 + index)
        result = body(inner, inner.input("x", x.shape[-1], x.scale, x.zero_point))
        inner.graph.set_outputs(result.index)
        begin = main.graph.tensor(f"begin{index}", (2,), "int32", data=[0, index])
        size = main.graph.tensor(f"size{index}", (2,), "int32", data=[1, 1])
        condition = main.graph.tensor(f"condition{index}", (1, 1), "bool")
        main.graph.operator("SLICE", [gates, begin, size], [condition])
        output = main.computed(f"after{index}", x.shape, x.scale, x.zero_point)
        options = IfOptions(inner.graph.index, passthrough.graph.index)
        main.graph.operator("IF", [condition, x.index], [output.index], options)
        x = output
    main.graph.set_outputs(head(main, first, x).index, gates)
    return writer.to_bytes()
