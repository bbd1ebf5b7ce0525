"""Random models of one operator for the model of the NPU, beyond those of ``tests/integer``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from model_parts import Maker, activation, finish, int32, scale, start, zero_point
from numpy.random import Generator
from skipstone.quantize.tflite.options import (
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    PoolOptions,
)
from skipstone.quantize.tflite.schema import schema
from skipstone.quantize.tflite.writer import SubgraphWriter


def plain_operator(
    graph: SubgraphWriter,
    name: str,
    inputs: Sequence[int],
    outputs: Sequence[int],
    table: str | None = None,
    **fields: object,
) -> None:
    """Append an operator whose options table the writer has no codec for."""
    graph.operator(name, inputs, outputs)
    operator = graph.table.operators[-1]
    if table is not None:
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, table)
        operator.builtinOptions = getattr(schema, f"{table}T")()
        for field, value in fields.items():
            setattr(operator.builtinOptions, field, value)


def _weights(
    rng: Generator,
    graph: SubgraphWriter,
    shape: tuple[int, ...],
    axis: int,
    input_scale: float,
    span: int = 127,
) -> tuple[int, int, float]:
    """Weights, biases and the typical scale of a weight; sparse and narrow weights compress differently."""
    channels = shape[axis]
    scales = rng.uniform(0.002, 0.008, channels).astype(np.float32)
    data = rng.integers(-span, span + 1, shape) * (rng.random(shape) < rng.choice([0.2, 1.0]))
    weight = graph.tensor("weight", shape, scale=scales, axis=axis, data=data)
    biases = rng.integers(-20000, 20000, channels)
    bias = graph.tensor("bias", (channels,), "int32", scale=scales * np.float32(input_scale), data=biases)
    return weight, bias, float(scales.mean())


def _outputs(size: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    extent = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == "same" else (size - extent) // stride + 1


def _windowed(
    rng: Generator,
    kernel: tuple[int, int],
    channels: tuple[int, int],
    *,
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
    depthwise: bool = False,
) -> bytes:
    writer, graph = start("windowed")
    padding = str(rng.choice(["same", "valid"]))
    inputs, outputs = channels
    image = tuple((k - 1) * d + 1 + int(rng.integers(0, 6)) for k, d in zip(kernel, dilation, strict=True))
    in_scale = scale(rng)
    x = graph.input("x", (1, *image, inputs), scale=in_scale, zero_point=zero_point(rng))
    shape = (1, *kernel, outputs) if depthwise else (outputs, *kernel, inputs)
    span = int(rng.choice([3, 15, 127]))
    weight, bias, weight_scale = _weights(rng, graph, shape, 3 if depthwise else 0, in_scale, span)
    size = [_outputs(image[i], kernel[i], stride[i], dilation[i], padding) for i in range(2)]
    depth = kernel[0] * kernel[1] * (1 if depthwise else inputs)
    out_scale = in_scale * weight_scale * span * 43 * np.sqrt(depth) / 40
    y = graph.tensor("y", (1, *size, outputs), scale=out_scale, zero_point=zero_point(rng))
    fields = (padding, stride, dilation, activation(rng))
    options = DepthwiseConv2DOptions(*fields, outputs // inputs) if depthwise else Conv2DOptions(*fields)
    graph.operator("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", [x, weight, bias], [y], options)
    return finish(writer, graph, y)


def deep_convolution(rng: Generator) -> bytes:
    """Several blocks of input and output channels; many input channels go depth first."""
    kernel = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    return _windowed(rng, kernel, (int(rng.integers(17, 100)), int(rng.integers(9, 140))))


def large_kernel(rng: Generator) -> bytes:
    """More than 8 taps an axis: several sub-kernels."""
    kernel = (int(rng.integers(1, 20)), int(rng.integers(9, 20)))
    return _windowed(rng, kernel, (int(rng.integers(1, 20)), int(rng.integers(1, 20))))


def strided_convolution(rng: Generator) -> bytes:
    stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    kernel = (int(rng.integers(2, 5)), int(rng.integers(2, 5)))
    return _windowed(rng, kernel, (int(rng.integers(1, 40)), int(rng.integers(1, 40))), stride=stride)


def dilated_convolution(rng: Generator) -> bytes:
    dilation = (int(rng.integers(1, 3)), int(rng.integers(1, 3)))
    kernel = (int(rng.integers(1, 7)), int(rng.integers(1, 7)))
    return _windowed(rng, kernel, (int(rng.integers(1, 40)), int(rng.integers(1, 24))), dilation=dilation)


def wide_depthwise(rng: Generator) -> bytes:
    kernel = (int(rng.integers(1, 6)), int(rng.integers(1, 12)))
    channels = int(rng.integers(9, 100))
    return _windowed(rng, kernel, (channels, channels), depthwise=True)


def large_fully_connected(rng: Generator) -> bytes:
    writer, graph = start("large_fully_connected")
    depth, out = int(rng.integers(200, 700)), int(rng.integers(60, 300))
    in_scale = scale(rng)
    x = graph.input("x", (int(rng.integers(1, 5)), depth), scale=in_scale, zero_point=zero_point(rng))
    weight, bias, weight_scale = _weights(rng, graph, (out, depth), 0, in_scale)
    out_scale = in_scale * weight_scale * 74 * 74 * np.sqrt(depth) / 40
    y = graph.tensor("y", (graph.table.tensors[x].shape[0], out), scale=out_scale, zero_point=zero_point(rng))
    graph.operator("FULLY_CONNECTED", [x, weight, bias], [y], FullyConnectedOptions(activation(rng)))
    return finish(writer, graph, y)


def _large_pool(operator: str) -> Maker:
    def make(rng: Generator) -> bytes:
        writer, graph = start(operator.lower())
        window = (int(rng.integers(20, 120)), int(rng.integers(1, 20)))
        image = tuple(size + int(rng.integers(0, 3)) for size in window)
        channels = int(rng.integers(1, 12))
        quantization = {"scale": scale(rng), "zero_point": zero_point(rng)}
        x = graph.input("x", (1, *image, channels), **quantization)
        size = [image[i] - window[i] + 1 for i in range(2)]
        y = graph.tensor("y", (1, *size, channels), **quantization)
        graph.operator(operator, [x], [y], PoolOptions("valid", (1, 1), window, activation(rng)))
        return finish(writer, graph, y)

    return make


def transpose_conv(rng: Generator) -> bytes:
    """Zeros are put between the input's elements."""
    writer, graph = start("transpose_conv")
    stride = int(rng.integers(1, 3))
    kernel = (int(rng.integers(2, 5)), int(rng.integers(2, 5)))
    image = tuple(int(n) for n in rng.integers(2, 7, 2))
    inputs, outputs = int(rng.integers(1, 30)), int(rng.integers(1, 30))
    padding = str(rng.choice(["same", "valid"]))
    grown = 0 if padding == "same" else 1
    size = [image[i] * stride + grown * max(kernel[i] - stride, 0) for i in range(2)]
    in_scale = scale(rng)
    x = graph.input("x", (1, *image, inputs), scale=in_scale, zero_point=zero_point(rng))
    weight, bias, weight_scale = _weights(rng, graph, (outputs, *kernel, inputs), 0, in_scale)
    out_scale = in_scale * weight_scale * 74 * 74 * np.sqrt(inputs * kernel[0] * kernel[1]) / 40 / stride
    y = graph.tensor("y", (1, *size, outputs), scale=out_scale, zero_point=zero_point(rng))
    plain_operator(
        graph,
        "TRANSPOSE_CONV",
        [int32(graph, "size", [1, *size, outputs]), weight, x, bias],
        [y],
        "TransposeConvOptions",
        padding=0 if padding == "same" else 1,
        strideH=stride,
        strideW=stride,
    )
    return finish(writer, graph, y)


def _resize(operator: str, table: str) -> Maker:
    def make(rng: Generator) -> bytes:
        writer, graph = start(operator.lower())
        factor = int(rng.choice([2, 4]))
        image = tuple(int(n) for n in rng.integers(2, 6, 2))
        channels = int(rng.integers(1, 30))
        quantization = {"scale": scale(rng), "zero_point": zero_point(rng)}
        x = graph.input("x", (1, *image, channels), **quantization)
        size = [n * factor for n in image]
        y = graph.tensor("y", (1, *size, channels), **quantization)
        fields = {"halfPixelCenters": True} if table == "ResizeBilinearOptions" and rng.integers(2) else {}
        plain_operator(graph, operator, [x, int32(graph, "size", size)], [y], table, **fields)
        return finish(writer, graph, y)

    return make


def absolute(rng: Generator) -> bytes:
    writer, graph = start("absolute")
    shape = (1, int(rng.integers(1, 6)), int(rng.integers(1, 40)))
    quantization = {"scale": scale(rng), "zero_point": zero_point(rng)}
    x = graph.input("x", shape, **quantization)
    y = graph.tensor("y", shape, **quantization)
    plain_operator(graph, "ABS", [x], [y], "AbsOptions")
    return finish(writer, graph, y)


def _reduced(rng: Generator, operator: str, choices: Sequence[int | tuple[int, ...]]) -> bytes:
    writer, graph = start(operator.lower())
    shape = (1, int(rng.integers(1, 6)), int(rng.integers(1, 6)), int(rng.integers(1, 40)))
    axes = [int(axis) for axis in np.atleast_1d(choices[int(rng.integers(len(choices)))])]
    quantization = {"scale": scale(rng), "zero_point": zero_point(rng)}
    x = graph.input("x", shape, **quantization)
    kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
    if operator == "SUM":
        # TFLM's kernel does not clamp, so the sum must fit
        elements = int(np.prod([shape[axis] for axis in axes]))
        quantization["scale"] *= elements * float(rng.uniform(2.5, 4))
        quantization["zero_point"] = int(rng.integers(-20, 21))
    y = graph.tensor("y", kept, **quantization)
    operands = [x, int32(graph, "axes", axes)]
    plain_operator(graph, operator, operands, [y], "ReducerOptions", keepDims=True)
    return finish(writer, graph, y)


def total(rng: Generator) -> bytes:
    """One axis: vela 5.2 compiles a SUM over two axes to the sum over the first."""
    return _reduced(rng, "SUM", [1, 2, 3])


def total_of_two_axes(rng: Generator) -> bytes:
    """What vela 5.2 gets wrong."""
    return _reduced(rng, "SUM", [(1, 2)])


def reduce_max(rng: Generator) -> bytes:
    return _reduced(rng, "REDUCE_MAX", [1, 2, 3, (1, 2)])


def squared_difference(rng: Generator) -> bytes:
    writer, graph = start("squared_difference")
    shape = (1, int(rng.integers(1, 6)), int(rng.integers(1, 40)))
    scales = [scale(rng, 0.01, 0.1) for _ in range(2)]
    operands = [
        graph.input(name, shape, scale=s, zero_point=zero_point(rng))
        for name, s in zip("ab", scales, strict=True)
    ]
    y = graph.tensor("y", shape, scale=(max(scales) * 150) ** 2 / 200, zero_point=zero_point(rng))
    plain_operator(graph, "SQUARED_DIFFERENCE", operands, [y], "SquaredDifferenceOptions")
    return finish(writer, graph, y)


def prelu(rng: Generator) -> bytes:
    writer, graph = start("prelu")
    shape = (1, int(rng.integers(1, 5)), int(rng.integers(1, 5)), int(rng.integers(1, 30)))
    in_scale = scale(rng)
    x = graph.input("x", shape, scale=in_scale, zero_point=zero_point(rng))
    slopes = rng.integers(-127, 128, (1, 1, shape[3]))
    alpha = graph.tensor("alpha", (1, 1, shape[3]), scale=0.01, data=slopes)
    y = graph.tensor("y", shape, scale=in_scale * float(rng.uniform(0.5, 2)), zero_point=zero_point(rng))
    plain_operator(graph, "PRELU", [x, alpha], [y])
    return finish(writer, graph, y)


MODELS: dict[str, Maker] = {
    "deep_convolution": deep_convolution,
    "large_kernel": large_kernel,
    "strided_convolution": strided_convolution,
    "dilated_convolution": dilated_convolution,
    "wide_depthwise": wide_depthwise,
    "large_fully_connected": large_fully_connected,
    "large_average_pool": _large_pool("AVERAGE_POOL_2D"),
    "large_max_pool": _large_pool("MAX_POOL_2D"),
    "transpose_conv": transpose_conv,
    "resize_bilinear": _resize("RESIZE_BILINEAR", "ResizeBilinearOptions"),
    "resize_nearest_neighbor": _resize("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions"),
    "abs": absolute,
    "sum": total,
    "reduce_max": reduce_max,
    "squared_difference": squared_difference,
    "prelu": prelu,
}
"""Name → maker of a random .tflite."""
