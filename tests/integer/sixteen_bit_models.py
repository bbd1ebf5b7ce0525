"""Random 16x8 models: those of int8 with int16 activations, and QUANTIZE between the types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flatbuffers
import numpy as np
from model_parts import Maker, activation, finish, int32, scale, start, zero_point
from numpy.random import Generator
from recurrent_models import unidirectional_sequence_lstm_int16
from skipstone.quantize.tflite.options import (
    AddOptions,
    ConcatenationOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    ReshapeOptions,
    VarHandleOptions,
)
from skipstone.quantize.tflite.schema import FILE_IDENTIFIER, OPERATOR_NAMES, TENSOR_TYPE_CODES, schema
from skipstone.quantize.tflite.writer import SubgraphWriter

INT8, INT16, INT32, INT64 = (TENSOR_TYPE_CODES[name] for name in ("int8", "int16", "int32", "int64"))
FIXED_SCALES = {"SOFTMAX": 2.0**-15, "LOGISTIC": 2.0**-15, "TANH": 2.0**-15}
WITH_WEIGHTS = ("FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D")
WIDENED = (
    "fully_connected",
    "conv_2d",
    "depthwise_conv_2d",
    "add",
    "sub",
    "mul",
    "maximum",
    "minimum",
    "batch_matmul",
    "softmax",
    "logistic",
    "tanh",
    "relu",
    "relu6",
    "leaky_relu",
    "average_pool_2d",
    "max_pool_2d",
    "mean",
    "pad",
    "split",
    "split_v",
    "pack",
    "unpack",
    "transpose",
    "slice_inside",
    "concatenation",
    "strided_slice",
    "reshape_transpose_slice_concatenate",
    "float_edges",
)
"""Makers of int8 models whose operators TFLM has in 16x8, too."""


def widened(rng: Generator, data: bytes) -> bytes:
    """The same network with int16 activations of the same range.

    Weights stay int8. A bias becomes int64; where that is possible it may stay int32 or go.
    """
    model = schema.ModelT.InitFromPackedBuf(data)
    graph = model.subgraphs[0]
    names = [OPERATOR_NAMES[model.operatorCodes[op.opcodeIndex].builtinCode] for op in graph.operators]
    weights: set[int] = set()
    biases: dict[int, str] = {}
    for name, operator in zip(names, graph.operators, strict=True):
        if name in WITH_WEIGHTS:
            weights.add(operator.inputs[1])
            if name == "CONV_2D" and rng.integers(4) == 0:
                operator.inputs = [*operator.inputs[:2], -1]
            if operator.inputs[2] >= 0:
                biases[operator.inputs[2]] = name
    for index, tensor in enumerate(graph.tensors):
        if tensor.type == INT8 and index not in weights:
            _widen_activation(rng, model, tensor)
        elif index in biases:
            tensor.quantization.scale = [float(s) / 256 for s in tensor.quantization.scale]
        if index in biases and (biases[index] == "DEPTHWISE_CONV_2D" or rng.integers(2)):
            _convert(model, tensor, INT64, np.int32, np.int64, factor=256)
    for name, operator in zip(names, graph.operators, strict=True):
        if name in FIXED_SCALES:
            graph.tensors[operator.outputs[0]].quantization.scale = [FIXED_SCALES[name]]
    builder = flatbuffers.Builder(1 << 14)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def _widen_activation(rng: Generator, model: Any, tensor: Any) -> None:
    tensor.quantization.scale = [float(s) / 256 for s in tensor.quantization.scale]
    tensor.quantization.zeroPoint = [0]
    _convert(model, tensor, INT16, np.int8, np.int16, factor=256)


def _convert(model: Any, tensor: Any, code: int, old: type, new: type, factor: int) -> None:
    tensor.type = code
    buffer = model.buffers[tensor.buffer]
    if buffer.data is not None and len(buffer.data):
        values = np.frombuffer(bytes(bytearray(buffer.data)), old).astype(np.int64) * factor
        buffer.data = list(values.astype(new).tobytes())


def _maker(make: Callable[[Generator], bytes]) -> Maker:
    return lambda rng: widened(rng, make(rng))


def quantize_int16(rng: Generator) -> bytes:
    """QUANTIZE int8 → int16, int16 → int8, or int16 → int16 of another scale."""
    writer, graph = start("quantize_int16")
    types = [("int8", "int16"), ("int16", "int8"), ("int16", "int16")][int(rng.integers(3))]
    scales = [scale(rng) / (256 if kind == "int16" else 1) for kind in types]
    points = [zero_point(rng) if kind == "int8" else 0 for kind in types]
    shape = (1, int(rng.integers(1, 70)))
    x, y = (
        graph.tensor(name, shape, kind, scale=s, zero_point=z)
        if name == "y"
        else graph.input(name, shape, kind, scale=s, zero_point=z)
        for name, kind, s, z in zip("xy", types, scales, points, strict=True)
    )
    graph.operator("QUANTIZE", [x], [y])
    return finish(writer, graph, y)


def mixed_widths_int16(rng: Generator) -> bytes:
    """int8 at both ends, a sum in int16 between them."""
    writer, graph = start("mixed_widths_int16")
    shape, step = (1, int(rng.integers(1, 70))), scale(rng)
    x = graph.input("x", shape, scale=step, zero_point=zero_point(rng))
    wide = graph.tensor("wide", shape, "int16", scale=step / 200)
    twice = graph.tensor("twice", shape, "int16", scale=step / 90)
    y = graph.tensor("y", shape, scale=2 * step, zero_point=zero_point(rng))
    graph.operator("QUANTIZE", [x], [wide])
    graph.operator("ADD", [wide, wide], [twice], AddOptions())
    graph.operator("QUANTIZE", [twice], [y])
    return finish(writer, graph, y)


def streaming_int16(rng: Generator) -> bytes:
    """int16 from end to end: a state of past rows, a convolution over time, a residual, a sigmoid, logits."""
    writer, graph = start("streaming_int16")
    channels, taps, logits = int(rng.integers(4, 25)), int(rng.integers(2, 6)), int(rng.integers(2, 12))
    step = scale(rng, 2e-4, 1e-3)
    row = graph.input("row", (1, channels), "int16", scale=step)
    window = _window(graph, row, channels, taps, step)
    mixed = graph.tensor("mixed", (1, 1, 1, channels), "int16", scale=2 * step)
    weight, bias = _layer(rng, graph, "mix", (1, taps, 1, channels), step, channels)
    options = DepthwiseConv2DOptions("valid", (1, 1), (1, 1), "none", 1)
    graph.operator("DEPTHWISE_CONV_2D", [window, weight, bias], [mixed], options)
    flat = _reshaped(graph, "flat", mixed, (1, channels), 2 * step)
    total = graph.tensor("total", (1, channels), "int16", scale=2 * step)
    graph.operator("ADD", [flat, row], [total], AddOptions(activation(rng)))
    squashed = graph.tensor("squashed", (1, channels), "int16", scale=2.0**-15)
    graph.operator("LOGISTIC" if rng.integers(2) else "TANH", [total], [squashed])
    y = graph.tensor("logits", (1, logits), "int16", scale=1e-4)
    weight, bias = _layer(rng, graph, "head", (logits, channels), 2.0**-15, logits)
    graph.operator("FULLY_CONNECTED", [squashed, weight, bias], [y], FullyConnectedOptions())
    return finish(writer, graph, y)


def _window(graph: SubgraphWriter, row: int, channels: int, taps: int, step: float) -> int:
    """[1, taps, 1, channels]: what READ_VARIABLE keeps, then the new row; the oldest row is dropped."""
    past = (1, taps - 1, 1, channels)
    handle = graph.tensor("handle", (1,), "resource")
    old = graph.tensor("old", past, "int16", scale=step)
    graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions("past"))
    graph.operator("READ_VARIABLE", [handle], [old])
    new = _reshaped(graph, "new", row, (1, 1, 1, channels), step)
    window = graph.tensor("window", (1, taps, 1, channels), "int16", scale=step)
    graph.operator("CONCATENATION", [old, new], [window], ConcatenationOptions(1))
    kept = graph.tensor("kept", past, "int16", scale=step)
    begin, size = int32(graph, "begin", [0, 1, 0, 0]), int32(graph, "size", list(past))
    graph.operator("SLICE", [window, begin, size], [kept])
    graph.operator("ASSIGN_VARIABLE", [handle, kept], [])
    return window


def _reshaped(graph: SubgraphWriter, name: str, value: int, shape: tuple[int, ...], step: float) -> int:
    result = graph.tensor(name, shape, "int16", scale=step)
    graph.operator("RESHAPE", [value, int32(graph, f"{name}/shape", shape)], [result], ReshapeOptions(shape))
    return result


def _layer(
    rng: Generator, graph: SubgraphWriter, name: str, shape: tuple[int, ...], step: float, channels: int
) -> tuple[int, int]:
    """Weights with a scale a channel, and an int64 bias."""
    axis = len(shape) - 1 if len(shape) == 4 else 0
    scales = rng.uniform(0.004, 0.01, channels).astype(np.float32)
    weight = graph.tensor(f"{name}/w", shape, scale=scales, axis=axis, data=rng.integers(-127, 128, shape))
    values = rng.integers(-(1 << 20), 1 << 20, channels)
    bias = graph.tensor(f"{name}/b", (channels,), "int64", scale=scales * np.float32(step), data=values)
    return weight, bias


def models(makers: Mapping[str, Callable[[Generator], bytes]]) -> dict[str, Maker]:
    """Name → maker of a random .tflite, from those of int8."""
    wide = {f"{name}_int16": _maker(makers[name]) for name in WIDENED}
    own = (quantize_int16, mixed_widths_int16, streaming_int16, unidirectional_sequence_lstm_int16)
    return wide | {make.__name__: make for make in own}
