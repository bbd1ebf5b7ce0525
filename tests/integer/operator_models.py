"""Random models of one operator (or one stateful construct), for comparison of two implementations."""

from __future__ import annotations

from collections.abc import Callable

import branch_models
import elementwise_models
import loop_models
import movement_models
import numpy as np
import recurrent_models
import sixteen_bit_models
import window_models
from skipstone.quantize.tflite.options import (
    AddOptions,
    BatchMatMulOptions,
    CallOnceOptions,
    ConcatenationOptions,
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    GatherOptions,
    IfOptions,
    ReshapeOptions,
    SoftmaxOptions,
    StridedSliceOptions,
    VarHandleOptions,
)
from skipstone.quantize.tflite.writer import ModelWriter, SubgraphWriter

Generator = np.random.Generator
ACTIVATIONS = ("none", "relu", "relu6", "relu_n1_to_1")


def _scale(rng: Generator, low: float = 0.004, high: float = 0.3) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _zero_point(rng: Generator) -> int:
    return int(rng.integers(-128, 128))


def _activation(rng: Generator) -> str:
    return str(rng.choice(ACTIVATIONS))


def _output_scale(rng: Generator, depth: int, input_scale: float, weight_scale: float) -> float:
    """A scale that keeps most outputs in range: the accumulator's standard deviation is about 70² √depth."""
    return input_scale * weight_scale * 74 * 74 * np.sqrt(depth) / 40 * float(rng.uniform(0.5, 2))


def _finish(writer: ModelWriter, graph: SubgraphWriter, *outputs: int) -> bytes:
    graph.set_outputs(*outputs)
    return writer.to_bytes()


def _weight_tensors(
    rng: Generator, graph: SubgraphWriter, shape: tuple[int, ...], axis: int, input_scale: float
) -> tuple[int, int, float]:
    """Random weights and biases: ``(weight tensor, bias tensor, typical scale)``."""
    channels = shape[axis]
    per_channel = bool(rng.integers(2)) or axis == 3
    scales = rng.uniform(0.002, 0.008, channels if per_channel else 1).astype(np.float32)
    data = rng.integers(-127, 128, shape)
    weight = graph.tensor("weight", shape, scale=scales, axis=axis if len(scales) > 1 else 0, data=data)
    bias_scale = scales * np.float32(input_scale)
    biases = rng.integers(-20000, 20000, channels)
    bias = graph.tensor("bias", (channels,), "int32", scale=bias_scale, data=biases)
    return weight, bias, float(scales.mean())


def fully_connected(rng: Generator) -> bytes:
    writer = ModelWriter("fully_connected")
    graph = writer.subgraph("main")
    batch, depth, out = int(rng.integers(1, 4)), int(rng.integers(1, 300)), int(rng.integers(1, 40))
    input_scale = _scale(rng)
    x = graph.input("x", (batch, depth), scale=input_scale, zero_point=_zero_point(rng))
    weight, bias, weight_scale = _weight_tensors(rng, graph, (out, depth), 0, input_scale)
    scale = _output_scale(rng, depth, input_scale, weight_scale)
    y = graph.tensor("y", (batch, out), scale=scale, zero_point=_zero_point(rng))
    operands = [x, weight, bias] if rng.integers(4) else [x, weight, -1]
    graph.operator("FULLY_CONNECTED", operands, [y], FullyConnectedOptions(_activation(rng)))
    return _finish(writer, graph, y)


def fully_connected_int4(rng: Generator) -> bytes:
    """One weight scale: TFLM takes no int4 weights with a scale a channel."""
    writer = ModelWriter("fully_connected_int4")
    graph = writer.subgraph("main")
    batch, depth, out = int(rng.integers(1, 4)), int(rng.integers(1, 300)), int(rng.integers(1, 40))
    input_scale, weight_scale = _scale(rng), _scale(rng)
    x = graph.input("x", (batch, depth), scale=input_scale, zero_point=_zero_point(rng))
    weights = rng.integers(-8, 8, (out, depth))
    weight = graph.tensor("weight", (out, depth), "int4", scale=weight_scale, data=weights)
    biases = rng.integers(-2000, 2000, out)
    bias = graph.tensor("bias", (out,), "int32", scale=input_scale * weight_scale, data=biases)
    scale = _output_scale(rng, depth, input_scale, weight_scale) / 16
    y = graph.tensor("y", (batch, out), scale=scale, zero_point=_zero_point(rng))
    graph.operator("FULLY_CONNECTED", [x, weight, bias], [y], FullyConnectedOptions(_activation(rng)))
    return _finish(writer, graph, y)


def _image_sizes(rng: Generator, options: Conv2DOptions) -> tuple[tuple[int, int], tuple[int, int]]:
    kernel = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    extent = [(kernel[i] - 1) * options.dilation[i] + 1 for i in range(2)]
    return kernel, (extent[0] + int(rng.integers(0, 5)), extent[1] + int(rng.integers(0, 5)))


def _window_count(size: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    extent = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == "same" else (size - extent) // stride + 1


def _convolution(rng: Generator, depthwise: bool) -> bytes:
    writer = ModelWriter("convolution")
    graph = writer.subgraph("main")
    stride = (int(rng.integers(1, 3)),) * 2
    dilation = (1, 1) if stride != (1, 1) else (int(rng.integers(1, 3)), int(rng.integers(1, 3)))
    fields = (str(rng.choice(["same", "valid"])), stride, dilation, _activation(rng))
    multiple, channels = int(rng.integers(1, 3)), int(rng.integers(1, 9))
    options = DepthwiseConv2DOptions(*fields, multiple) if depthwise else Conv2DOptions(*fields)
    kernel, image = _image_sizes(rng, options)
    input_scale = _scale(rng)
    x = graph.input("x", (1, *image, channels), scale=input_scale, zero_point=_zero_point(rng))
    out = channels * multiple if depthwise else int(rng.integers(1, 9))
    shape = (1, *kernel, out) if depthwise else (out, *kernel, channels)
    weight, bias, weight_scale = _weight_tensors(rng, graph, shape, 3 if depthwise else 0, input_scale)
    size = [_window_count(image[i], kernel[i], stride[i], dilation[i], fields[0]) for i in range(2)]
    depth = kernel[0] * kernel[1] * (1 if depthwise else channels)
    scale = _output_scale(rng, depth, input_scale, weight_scale)
    y = graph.tensor("y", (1, *size, out), scale=scale, zero_point=_zero_point(rng))
    operator = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    graph.operator(operator, [x, weight, bias], [y], options)
    return _finish(writer, graph, y)


def conv_2d(rng: Generator) -> bytes:
    return _convolution(rng, depthwise=False)


def depthwise_conv_2d(rng: Generator) -> bytes:
    return _convolution(rng, depthwise=True)


def add(rng: Generator) -> bytes:
    writer = ModelWriter("add")
    graph = writer.subgraph("main")
    rows, columns = int(rng.integers(1, 6)), int(rng.integers(1, 50))
    scales = [_scale(rng) for _ in range(2)]
    other = (rows, columns) if rng.integers(2) else (1, columns)
    a = graph.input("a", (rows, columns), scale=scales[0], zero_point=_zero_point(rng))
    b = graph.input("b", other, scale=scales[1], zero_point=_zero_point(rng))
    scale = max(scales) * float(rng.uniform(0.6, 2.5))
    y = graph.tensor("y", (rows, columns), scale=scale, zero_point=_zero_point(rng))
    graph.operator("ADD", [a, b], [y], AddOptions(_activation(rng)))
    return _finish(writer, graph, y)


def batch_matmul(rng: Generator) -> bytes:
    writer = ModelWriter("batch_matmul")
    graph = writer.subgraph("main")
    batch, rows, depth, columns = (int(n) for n in rng.integers(1, [4, 6, 40, 20]))
    adj_y = bool(rng.integers(2))
    scales = [_scale(rng), _scale(rng)]
    a = graph.input("a", (1, batch, rows, depth), scale=scales[0], zero_point=_zero_point(rng))
    shape = (1, batch, columns, depth) if adj_y else (1, batch, depth, columns)
    b = graph.input("b", shape, scale=scales[1], zero_point=_zero_point(rng))
    scale = _output_scale(rng, depth, *scales)
    y = graph.tensor("y", (1, batch, rows, columns), scale=scale, zero_point=_zero_point(rng))
    graph.operator("BATCH_MATMUL", [a, b], [y], BatchMatMulOptions(adj_y=adj_y))
    return _finish(writer, graph, y)


def softmax(rng: Generator) -> bytes:
    writer = ModelWriter("softmax")
    graph = writer.subgraph("main")
    shape = (1, int(rng.integers(1, 4)), int(rng.integers(1, 65)))
    x = graph.input("x", shape, scale=_scale(rng, 0.002, 0.5), zero_point=_zero_point(rng))
    y = graph.tensor("y", shape, scale=1 / 256, zero_point=-128)
    graph.operator("SOFTMAX", [x], [y], SoftmaxOptions(beta=float(rng.uniform(0.05, 1.5))))
    return _finish(writer, graph, y)


def logistic(rng: Generator) -> bytes:
    writer = ModelWriter("logistic")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 64), scale=_scale(rng, 0.002, 0.5), zero_point=_zero_point(rng))
    y = graph.tensor("y", (1, 64), scale=1 / 256, zero_point=-128)
    graph.operator("LOGISTIC", [x], [y])
    return _finish(writer, graph, y)


def quantize(rng: Generator) -> bytes:
    writer = ModelWriter("quantize")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 64), scale=_scale(rng), zero_point=_zero_point(rng))
    y = graph.tensor("y", (1, 64), scale=_scale(rng), zero_point=_zero_point(rng))
    graph.operator("QUANTIZE", [x], [y])
    return _finish(writer, graph, y)


def gather(rng: Generator) -> bytes:
    writer = ModelWriter("gather")
    graph = writer.subgraph("main")
    shape = [int(n) for n in rng.integers(1, 6, int(rng.integers(1, 4)))]
    axis = int(rng.integers(len(shape)))
    places = rng.integers(0, shape[axis], [int(n) for n in rng.integers(1, 4, int(rng.integers(1, 3)))])
    x = graph.input("x", shape, scale=0.05, zero_point=3)
    indices = graph.tensor("indices", places.shape, "int32", data=places)
    y = graph.tensor("y", [*shape[:axis], *places.shape, *shape[axis + 1 :]], scale=0.05, zero_point=3)
    options = GatherOptions(axis=axis - len(shape) if rng.integers(2) else axis)
    graph.operator("GATHER", [x, indices], [y], options)
    return _finish(writer, graph, y)


def greater(rng: Generator) -> bytes:
    writer = ModelWriter("greater")
    graph = writer.subgraph("main")
    shape = (1, int(rng.integers(1, 60)))
    a_scale, b_scale = _scale(rng, 0.0005, 0.99), _scale(rng, 0.0005, 0.99)
    a = graph.input("a", shape, scale=a_scale, zero_point=_zero_point(rng))
    b = graph.input("b", shape, scale=a_scale if rng.integers(2) else b_scale, zero_point=_zero_point(rng))
    y = graph.tensor("y", shape, "bool")
    graph.operator("GREATER", [a, b], [y])
    return _finish(writer, graph, y)


def reshape_transpose_slice_concatenate(rng: Generator) -> bytes:
    """Data movement of int8: [1, a·b] → [a, b] → [b, a] → rows from the middle → joined with itself."""
    writer = ModelWriter("movement")
    graph = writer.subgraph("main")
    a, b = int(rng.integers(2, 7)), int(rng.integers(3, 7))
    quantization = {"scale": 0.05, "zero_point": 3}
    x = graph.input("x", (1, a * b), scale=0.05, zero_point=3)
    square = graph.tensor("square", (a, b), **quantization)
    shape = graph.tensor("shape", (2,), "int32", data=[a, b])
    graph.operator("RESHAPE", [x, shape], [square], ReshapeOptions((a, b)))
    turned = graph.tensor("turned", (b, a), **quantization)
    graph.operator("TRANSPOSE", [square, graph.tensor("order", (2,), "int32", data=[1, 0])], [turned])
    part = graph.tensor("part", (b - 1, a), **quantization)
    begin = graph.tensor("begin", (2,), "int32", data=[1, 0])
    size = graph.tensor("size", (2,), "int32", data=[-1 if rng.integers(2) else b - 1, a])
    graph.operator("SLICE", [turned, begin, size], [part])
    joined = graph.tensor("joined", (2 * b - 1, a), **quantization)
    graph.operator(
        "CONCATENATION", [part, turned], [joined], ConcatenationOptions(axis=int(rng.choice([0, -2])))
    )
    return _finish(writer, graph, joined)


def strided_slice(rng: Generator) -> bytes:
    writer = ModelWriter("strided_slice")
    graph = writer.subgraph("main")
    size = [int(n) for n in rng.integers(2, 7, 3)]
    x = graph.input("x", size, scale=0.05)
    stride = [int(rng.choice([1, 2, -1])) for _ in size]
    begin = [0 if step > 0 else n - 1 for step, n in zip(stride, size, strict=True)]
    end = [n if step > 0 else 0 for step, n in zip(stride, size, strict=True)]
    end_mask = sum(1 << i for i, step in enumerate(stride) if step < 0)
    begin[0], stride[0], shrink = int(rng.integers(-size[0], size[0])), 1, int(rng.integers(2))
    end[0] = begin[0] % size[0] + 1
    end_mask &= ~1
    counts = [1] + [-(-n // abs(step)) for n, step in zip(size[1:], stride[1:], strict=True)]
    constants = [
        graph.tensor(name, (3,), "int32", data=data)
        for name, data in (("begin", begin), ("end", end), ("strides", stride))
    ]
    y = graph.tensor("y", counts[1:] if shrink else counts, scale=0.05)
    options = StridedSliceOptions(end_mask=end_mask, shrink_axis_mask=shrink)
    graph.operator("STRIDED_SLICE", [x, *constants], [y], options)
    return _finish(writer, graph, y)


def gated_sum(rng: Generator) -> bytes:
    """``state += x`` in the then branch, the state as it is in the else branch, a CALL_ONCE initial value."""
    writer = ModelWriter("gated_sum")
    main, then, otherwise, init = (writer.subgraph(n) for n in ("main", "then", "else", "init"))
    shape, zero_point = (1, 4), int(rng.integers(-20, 20))
    quantization = {"scale": 0.5, "zero_point": zero_point}
    logit = main.input("logit", (1, 1), scale=0.1)
    x = main.input("x", shape, scale=0.5, zero_point=zero_point)
    main.operator("CALL_ONCE", [], [], CallOnceOptions(init.index))
    threshold = main.tensor("threshold", (1, 1), scale=0.1, data=[[0]])
    gate, y = main.tensor("gate", (1, 1), "bool"), main.tensor("y", shape, **quantization)
    main.operator("GREATER", [logit, threshold], [gate])
    main.operator("IF", [gate, x], [y], IfOptions(then.index, otherwise.index))
    for branch in (then, otherwise):
        inner = branch.input("x", shape, scale=0.5, zero_point=zero_point)
        handle, old = branch.tensor("handle", (1,), "resource"), branch.tensor("old", shape, **quantization)
        branch.operator("VAR_HANDLE", [], [handle], VarHandleOptions("state"))
        branch.operator("READ_VARIABLE", [handle], [old])
        if branch is then:
            total = branch.tensor("total", shape, **quantization)
            branch.operator("ADD", [old, inner], [total], AddOptions())
            branch.operator("ASSIGN_VARIABLE", [handle, total], [])
            branch.set_outputs(total)
        else:
            branch.set_outputs(old)
    start = init.tensor("start", shape, **quantization, data=rng.integers(-30, 30, shape))
    handle = init.tensor("handle", (1,), "resource")
    init.operator("VAR_HANDLE", [], [handle], VarHandleOptions("state"))
    init.operator("ASSIGN_VARIABLE", [handle, start], [])
    return _finish(writer, main, y, gate)


INT8_MODELS: dict[str, Callable[[Generator], bytes]] = (
    {
        maker.__name__: maker
        for maker in (
            fully_connected,
            fully_connected_int4,
            conv_2d,
            depthwise_conv_2d,
            add,
            batch_matmul,
            softmax,
            logistic,
            quantize,
            gather,
            greater,
            reshape_transpose_slice_concatenate,
            strided_slice,
            gated_sum,
        )
    }
    | elementwise_models.MODELS
    | window_models.MODELS
    | movement_models.MODELS
    | recurrent_models.MODELS
    | loop_models.MODELS
)
MODELS = INT8_MODELS | branch_models.MODELS | sixteen_bit_models.models(INT8_MODELS)
"""Name → maker of a random .tflite."""
