"""The layers of the network as TFLite operators; each function appends to a subgraph and returns a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.fixed_point import INT32_MAX, quantize_multipliers
from skipstone.quantize.arithmetic.weights import bias_scales, quantize_bias, quantize_weight
from skipstone.quantize.convert.checkpoint import Checkpoint
from skipstone.quantize.tflite.options import (
    AddOptions,
    ConcatenationOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    ReshapeOptions,
    VarHandleOptions,
)
from skipstone.quantize.tflite.writer import SubgraphWriter

RELU_ZERO_POINT = -128


@dataclass(frozen=True)
class Value:
    """An int8 tensor of a subgraph under construction."""

    tensor: int
    shape: tuple[int, ...]
    scale: float
    zero_point: int = 0


class LayerBuilder:
    """Appends quantized layers of one checkpoint and collects what is wrong with their parameters.

    Attributes:
        problems: messages on parameters that int32 accumulators cannot hold.
        states: shape of each resource variable by shared name.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self.problems: list[str] = []
        self.states: dict[str, tuple[int, ...]] = {}

    def fully_connected(
        self, graph: SubgraphWriter, layer: str, x: Value, scale: float, relu: bool = False
    ) -> Value:
        """FULLY_CONNECTED [1, in] → [1, out] with the weights of ``layer``."""
        weight, weight_scales = quantize_weight(self._checkpoint.tensors[f"{layer}.weight"])
        bias = self._bias(layer, x, weight_scales)
        self._check_range(layer, weight.reshape(len(weight), -1), bias, weight_scales, (x.scale, scale))
        name, out = layer.replace(".", "/"), len(weight)
        weight_tensor = graph.tensor(f"{name}/weight", weight.shape, scale=weight_scales, data=weight)
        bias_tensor = self._bias_tensor(graph, name, bias, x, weight_scales)
        output = quantized(graph, name, (1, out), scale, RELU_ZERO_POINT if relu else 0)
        options = FullyConnectedOptions(activation="relu" if relu else "none")
        graph.operator("FULLY_CONNECTED", [x.tensor, weight_tensor, bias_tensor], [output.tensor], options)
        return output

    def depthwise(self, graph: SubgraphWriter, layer: str, window: Value, scale: float) -> Value:
        """DEPTHWISE_CONV_2D + RELU over a window [1, taps, D] → [1, D]."""
        weight, weight_scales = quantize_weight(self._checkpoint.tensors[f"{layer}.weight"], channel_axis=1)
        taps, channels = weight.shape
        bias = self._bias(layer, window, weight_scales)
        self._check_range(layer, weight.T, bias, weight_scales, (window.scale, scale))
        name = layer.replace(".", "/")
        image = reshape(graph, f"{name}/window", window, (1, taps, 1, channels))
        weight_tensor = graph.tensor(
            f"{name}/weight", (1, taps, 1, channels), scale=weight_scales, axis=3,
            data=weight.reshape(1, taps, 1, channels),
        )  # fmt: skip
        bias_tensor = self._bias_tensor(graph, name, bias, window, weight_scales)
        output = quantized(graph, name, (1, 1, 1, channels), scale, RELU_ZERO_POINT)
        graph.operator(
            "DEPTHWISE_CONV_2D",
            [image.tensor, weight_tensor, bias_tensor],
            [output.tensor],
            DepthwiseConv2DOptions(padding="valid", activation="relu"),
        )
        return reshape(graph, f"{name}/flat", output, (1, channels))

    def push(self, graph: SubgraphWriter, name: str, row: Value, rows: int) -> Value:
        """Shift ``row`` [1, width] into the state ``name``; return the window [1, rows, width]."""
        width = row.shape[-1]
        shape = (1, rows, width)
        newest = reshape(graph, f"{name}/row", row, (1, 1, width))
        if rows == 1:
            return newest
        self.states[name] = shape
        handle = variable_handle(graph, name)
        old = quantized(graph, f"{name}/old", shape, row.scale, row.zero_point)
        graph.operator("READ_VARIABLE", [handle], [old.tensor])
        kept = slice_of(graph, f"{name}/kept", old, (0, 1, 0), (1, rows - 1, width))
        window = quantized(graph, f"{name}/new", shape, row.scale, row.zero_point)
        joined = [kept.tensor, newest.tensor]
        graph.operator("CONCATENATION", joined, [window.tensor], ConcatenationOptions(axis=1))
        graph.operator("ASSIGN_VARIABLE", [handle, window.tensor], [])
        return window

    def read(self, graph: SubgraphWriter, name: str, shape: tuple[int, ...], scale: float) -> Value:
        """The window [1, rows, width] of a state that another subgraph has pushed at this step."""
        window = quantized(graph, f"{name}/window", shape, scale)
        graph.operator("READ_VARIABLE", [variable_handle(graph, name)], [window.tensor])
        return window

    def _bias(self, layer: str, x: Value, weight_scales: NDArray[np.float32]) -> NDArray[np.int32]:
        return quantize_bias(self._checkpoint.tensors[f"{layer}.bias"], x.scale, weight_scales)

    def _bias_tensor(
        self,
        graph: SubgraphWriter,
        name: str,
        bias: NDArray[np.int32],
        x: Value,
        weight_scales: NDArray[np.float32],
    ) -> int:
        scales = bias_scales(x.scale, weight_scales)
        return graph.tensor(f"{name}/bias", bias.shape, "int32", scale=scales, data=bias)

    def _check_range(
        self,
        layer: str,
        weight: NDArray[np.int8],
        bias: NDArray[np.int32],
        weight_scales: NDArray[np.float32],
        scales: tuple[float, float],
    ) -> None:
        """The largest possible accumulator, shifted left as the multiplier demands, fits int32."""
        largest = np.abs(bias.astype(np.int64)) + 255 * np.abs(weight.astype(np.int64)).sum(axis=1)
        reals = float(np.float32(scales[0])) * weight_scales.astype(np.float64) / float(np.float32(scales[1]))
        shifts = quantize_multipliers(reals)[1].clip(0, None)
        if (largest << shifts).max() > INT32_MAX:
            self.problems.append(
                f"{layer}: weights and bias overflow an int32 accumulator at input scale {scales[0]:g}"
                f" and output scale {scales[1]:g}"
            )


def quantized(
    graph: SubgraphWriter, name: str, shape: tuple[int, ...], scale: float, zero_point: int = 0
) -> Value:
    """A computed int8 tensor."""
    tensor = graph.tensor(name, shape, scale=scale, zero_point=zero_point)
    return Value(tensor, shape, scale, zero_point)


def reshape(graph: SubgraphWriter, name: str, x: Value, shape: tuple[int, ...]) -> Value:
    """RESHAPE; the quantization stays."""
    target = graph.tensor(f"{name}/shape", [len(shape)], "int32", data=shape)
    output = quantized(graph, name, shape, x.scale, x.zero_point)
    graph.operator("RESHAPE", [x.tensor, target], [output.tensor], ReshapeOptions(shape))
    return output


def transpose(graph: SubgraphWriter, name: str, x: Value, order: tuple[int, ...]) -> Value:
    """TRANSPOSE; axis ``i`` of the output is axis ``order[i]`` of ``x``."""
    permutation = graph.tensor(f"{name}/order", [len(order)], "int32", data=order)
    shape = tuple(x.shape[axis] for axis in order)
    output = quantized(graph, name, shape, x.scale, x.zero_point)
    graph.operator("TRANSPOSE", [x.tensor, permutation], [output.tensor])
    return output


def slice_of(
    graph: SubgraphWriter, name: str, x: Value, begin: Sequence[int], size: tuple[int, ...]
) -> Value:
    """SLICE of an int8 tensor."""
    output = quantized(graph, name, size, x.scale, x.zero_point)
    slice_operator(graph, name, (x.tensor, output.tensor), begin, size)
    return output


def slice_operator(
    graph: SubgraphWriter, name: str, operands: tuple[int, int], begin: Sequence[int], size: Sequence[int]
) -> None:
    """SLICE of ``operands`` = (input, output), tensors of any type."""
    begin_tensor = graph.tensor(f"{name}/begin", [len(begin)], "int32", data=list(begin))
    size_tensor = graph.tensor(f"{name}/size", [len(size)], "int32", data=list(size))
    graph.operator("SLICE", [operands[0], begin_tensor, size_tensor], [operands[1]])


def add(graph: SubgraphWriter, name: str, a: Value, b: Value, scale: float, relu: bool = False) -> Value:
    """ADD into a tensor of ``scale`` and zero point 0, −128 with a fused RELU."""
    output = quantized(graph, name, a.shape, scale, RELU_ZERO_POINT if relu else 0)
    options = AddOptions(activation="relu" if relu else "none")
    graph.operator("ADD", [a.tensor, b.tensor], [output.tensor], options)
    return output


def variable_handle(graph: SubgraphWriter, name: str) -> int:
    """VAR_HANDLE of the resource variable ``name``."""
    handle = graph.tensor(f"{name}/handle", [1], "resource")
    graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions(shared_name=name))
    return handle
