"""Cutting out: nodes of a graph become a .tflite of their own; every outside tensor is an input or output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from skipstone.firmware.codegen.graph import Fused, Graph, Node, Value
from skipstone.firmware.codegen.rewrites.views import view_of
from skipstone.quantize.tflite.options import BatchMatMulOptions, ReshapeOptions, SoftmaxOptions
from skipstone.quantize.tflite.writer import ModelWriter, SubgraphWriter

PROBABILITY_SCALE = 1 / 256
PROBABILITY_ZERO_POINT = -128


@dataclass(frozen=True, eq=False)
class Segment:
    """Consecutive nodes that become one compiled graph.

    Attributes:
        nodes: in order of execution; no views.
        inputs: tensors that they read from outside; windows of states among them.
        outputs: tensors that others read.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]

    @property
    def name(self) -> str:
        """After its last tensor."""
        return self.nodes[-1].outputs[0].name


def base_of(graph: Graph, value: Value) -> Value | None:
    """The tensor whose bytes ``value`` shows in full and in order; ``None`` where it shows something else."""
    view = view_of(graph, value)
    whole = view.contiguous_offset == 0 and view.base.elements == value.elements
    return view.base if whole else None


def write_segment(graph: Graph, segment: Segment) -> bytes:
    """The .tflite: inputs and outputs in the order of the segment's, shapes as they are there."""
    return _Cutter(graph, segment).to_bytes()


class _Cutter:
    def __init__(self, graph: Graph, segment: Segment) -> None:
        self._graph = graph
        self._segment = segment
        self._writer = ModelWriter("skipstone: a part of a model for the NPU")
        self._out: SubgraphWriter = self._writer.subgraph("main")
        self._tensors: dict[int, int] = {}

    def to_bytes(self) -> bytes:
        for value in self._segment.inputs:
            scale, zero_point = value.quantization
            self._tensors[id(value)] = self._out.input(
                value.name, value.shape, value.dtype, scale=scale, zero_point=zero_point
            )
        for node in self._segment.nodes:
            if node.kind == Fused.ATTENTION:
                self._attention(node)
            else:
                inputs = [self._operand(node, value) for value in node.inputs]
                outputs = [self._tensor(value) for value in node.outputs]
                self._out.operator(node.kind, inputs, outputs, node.options)
        self._out.set_outputs(*(self._tensor(value) for value in self._segment.outputs))
        return self._writer.to_bytes()

    def _operand(self, node: Node, value: Value) -> int:
        """A tensor as ``node`` wants to see it: constants, what is there already, or a reshape of it."""
        if value.data is not None:
            return self._constant(node, value)
        base = value if id(value) in self._tensors else base_of(self._graph, value)
        assert base is not None, "partition lets only whole tensors into a segment"
        return self._reshaped(self._tensors[id(base)], base, value.shape)

    def _reshaped(self, tensor: int, value: Value, shape: Sequence[int]) -> int:
        if tuple(shape) == value.shape:
            return tensor
        scale, zero_point = value.quantization
        result = self._out.tensor(
            f"{value.name}/shaped", shape, value.dtype, scale=scale, zero_point=zero_point
        )
        self._reshape(tensor, result, shape)
        return result

    def _reshape(self, source: int, target: int, shape: Sequence[int]) -> None:
        wanted = self._numbers("shape", shape)
        self._out.operator("RESHAPE", [source, wanted], [target], ReshapeOptions(tuple(shape)))

    def _numbers(self, name: str, numbers: Sequence[int]) -> int:
        return self._out.tensor(name, [len(numbers)], "int32", data=np.array(numbers, np.int32))

    def _tensor(self, value: Value) -> int:
        if id(value) not in self._tensors:
            scale, zero_point = value.quantization
            self._tensors[id(value)] = self._out.tensor(
                value.name, value.shape, value.dtype, scale=scale, zero_point=zero_point
            )
        return self._tensors[id(value)]

    def _constant(self, node: Node, value: Value) -> int:
        if id(value) not in self._tensors:
            quantized: dict[str, Any] = {}
            if value.scales.size:
                axis = (
                    len(value.shape) - 1 if node.kind == "DEPTHWISE_CONV_2D" and len(value.shape) > 1 else 0
                )
                quantized = {"scale": value.scales, "zero_point": int(value.zero_points[0]), "axis": axis}
            self._tensors[id(value)] = self._out.tensor(
                value.name, value.shape, value.dtype, data=value.data, **quantized
            )
        return self._tensors[id(value)]

    def _attention(self, node: Node) -> None:
        """The operators that the fused node stands for: scores, softmax, sum of the values."""
        query, keys, values = node.inputs
        options, output = node.options, node.outputs[0]
        heads, positions, size = options.heads, options.positions, options.head_dim
        base = base_of(self._graph, query)
        assert base is not None, "partition lets only whole tensors into a segment"
        rows = self._reshaped(self._tensors[id(base)], base, (1, heads, 1, size))
        score = self._internal(f"{options.score.name}", (1, heads, 1, positions), options.score.quantization)
        probability = self._internal(
            f"{output.name}/probability",
            (1, heads, 1, positions),
            (PROBABILITY_SCALE, PROBABILITY_ZERO_POINT),
        )
        context = self._internal(f"{output.name}/heads", (1, heads, 1, size), output.quantization)
        matmul = "BATCH_MATMUL"
        self._out.operator(matmul, [rows, self._heads(node, keys)], [score], BatchMatMulOptions(adj_y=True))
        self._out.operator("SOFTMAX", [score], [probability], SoftmaxOptions(options.beta))
        summed = [probability, self._heads(node, values)]
        self._out.operator(matmul, summed, [context], BatchMatMulOptions())
        self._reshape(context, self._tensor(output), output.shape)

    def _heads(self, node: Node, window: Value) -> int:
        """A window [positions, row_stride] as [1, heads, positions, head_dim]."""
        options, quantization = node.options, window.quantization
        split_shape = (1, options.positions, options.heads, options.head_dim)
        split = self._internal(f"{window.name}/split", split_shape, quantization)
        self._reshape(self._tensors[id(window)], split, split_shape)
        shape = (1, options.heads, options.positions, options.head_dim)
        result = self._internal(f"{window.name}/heads", shape, quantization)
        order = self._numbers(f"{window.name}/order", (0, 2, 1, 3))
        self._out.operator("TRANSPOSE", [split, order], [result])
        return result

    def _internal(self, name: str, shape: Sequence[int], quantization: tuple[float, int]) -> int:
        return self._out.tensor(name, shape, scale=quantization[0], zero_point=quantization[1])
