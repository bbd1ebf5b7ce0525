"""Small streaming networks of the size of a keyword model: 16x8 with windows over time, SVDF, LSTM."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from model_parts import finish, int32, start
from numpy.random import Generator
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.lstm import GATES
from skipstone.quantize.tflite.model import Tensor
from skipstone.quantize.tflite.options import (
    AddOptions,
    ConcatenationOptions,
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    ReshapeOptions,
    SequenceLstmOptions,
    SoftmaxOptions,
    SvdfOptions,
    VarHandleOptions,
)
from skipstone.quantize.tflite.writer import SubgraphWriter

FEATURES, WORDS = 40, 12
WIDE_STEP = 4.0 / 32768
"""Scale of the int16 activations: ±4."""
NARROW_STEP = 4.0 / 128
"""The same of int8."""


def _layer(
    graph: SubgraphWriter, rng: Generator, name: str, x: int, sizes: tuple[int, int], steps: tuple[float, ...]
) -> int:
    """FULLY_CONNECTED of int8 or int16 (by the scale), with a bias; outputs keep the spread of the inputs."""
    inputs, outputs = sizes
    is_wide = steps[0] < NARROW_STEP / 16
    scale = 1.5 / (74 * np.sqrt(inputs))
    weight = graph.tensor(
        f"{name}/w", (outputs, inputs), scale=scale, data=rng.integers(-127, 128, (outputs, inputs))
    )
    bias = graph.tensor(
        f"{name}/b",
        (outputs,),
        "int64" if is_wide else "int32",
        scale=scale * steps[0],
        data=rng.integers(-1000, 1000, outputs),
    )
    y = graph.tensor(f"{name}/y", (1, outputs), "int16" if is_wide else "int8", scale=steps[1])
    graph.operator("FULLY_CONNECTED", [x, weight, bias], [y], FullyConnectedOptions())
    return y


def _probabilities(graph: SubgraphWriter, rng: Generator, x: int, inputs: int, step: float) -> int:
    """Logits of the words and their SOFTMAX."""
    is_wide = step < NARROW_STEP / 16
    logits = _layer(graph, rng, "logits", x, (inputs, WORDS), (step, step * 2))
    quantization = {"scale": 2.0**-15} if is_wide else {"scale": 1 / 256, "zero_point": -128}
    y = graph.tensor("words", (1, WORDS), "int16" if is_wide else "int8", **quantization)
    graph.operator("SOFTMAX", [logits], [y], SoftmaxOptions(1.0))
    return y


def _reshaped(graph: SubgraphWriter, name: str, x: int, shape: tuple[int, ...], **tensor: object) -> int:
    y = graph.tensor(name, shape, **tensor)
    graph.operator("RESHAPE", [x, int32(graph, f"{name}/shape", shape)], [y], ReshapeOptions(shape))
    return y


def svdf(dtype: str) -> bytes:
    """Three SVDF over eight steps each, with states of ``dtype``, and a layer."""
    rng = np.random.default_rng(3)
    writer, graph = start(f"svdf_{dtype}")
    x, size = graph.input("features", (1, FEATURES), scale=NARROW_STEP), FEATURES
    for number, (units, rank, memory) in enumerate([(64, 1, 8), (64, 2, 10), (48, 1, 6)]):
        name, filters = f"svdf{number}", units * rank
        state_step = NARROW_STEP if dtype == "int8" else WIDE_STEP
        feature_scale = 1.5 / (74 * np.sqrt(size))
        time_scale = 1.5 / ((74 if dtype == "int8" else 19_000) * np.sqrt(memory * rank))
        limit = np.iinfo(dtype).max
        feature = rng.integers(-127, 128, (filters, size))
        time = rng.integers(-limit, limit + 1, (filters, memory))
        operands = [
            x,
            graph.tensor(f"{name}/feature", (filters, size), scale=feature_scale, data=feature),
            graph.tensor(f"{name}/time", (filters, memory), dtype, scale=time_scale, data=time),
            graph.tensor(
                f"{name}/bias",
                (units,),
                "int32",
                scale=state_step * time_scale,
                data=rng.integers(-900, 900, units),
            ),
            graph.tensor(f"{name}/state", (1, filters * memory), dtype, scale=state_step, is_variable=True),
        ]
        y = graph.tensor(f"{name}/y", (1, units), scale=NARROW_STEP)
        graph.operator("SVDF", operands, [y], SvdfOptions(rank, "none"))
        x, size = y, units
    return finish(writer, graph, _probabilities(graph, rng, x, size, NARROW_STEP))


def lstm(dtype: str) -> bytes:
    """Two LSTM of 48 and 32 units, one step at a time, and a layer."""
    rng = np.random.default_rng(4)
    writer, graph = start(f"lstm_{dtype}")
    step, hidden_step = (NARROW_STEP, 2.0**-7) if dtype == "int8" else (WIDE_STEP, 2.0**-15)
    row = graph.input("features", (1, FEATURES), dtype, scale=step)
    x, size = _reshaped(graph, "row", row, (1, 1, FEATURES), dtype=dtype, scale=step), FEATURES
    for number, units in enumerate((48, 32)):
        x, size = _lstm(graph, rng, f"lstm{number}", x, (size, units), dtype, hidden_step), units
    flat = _reshaped(graph, "flat", x, (1, size), dtype=dtype, scale=hidden_step)
    return finish(writer, graph, _probabilities(graph, rng, flat, size, hidden_step))


def _lstm(
    graph: SubgraphWriter,
    rng: Generator,
    name: str,
    x: int,
    sizes: tuple[int, int],
    dtype: str,
    hidden_step: float,
) -> int:
    inputs, units = sizes
    operands = [x]
    for origin, width in (("input", inputs), ("hidden", units)):
        for gate in GATES:
            weight = rng.integers(-127, 128, (units, width))
            scale = 1.5 / (74 * np.sqrt(width))
            operands.append(graph.tensor(f"{name}/{origin}/{gate}", weight.shape, scale=scale, data=weight))
    operands += [-1] * 3
    for gate in GATES:
        kind = "int32" if dtype == "int8" else "int64"
        bias = rng.integers(-900, 900, units) * (1 if dtype == "int8" else 256)
        operands.append(graph.tensor(f"{name}/{gate}/bias", (units,), kind, data=bias))
    operands += [-1] * 2
    operands.append(graph.tensor(f"{name}/hidden", (1, units), dtype, scale=hidden_step, is_variable=True))
    operands.append(graph.tensor(f"{name}/cell", (1, units), "int16", scale=2.0**-11, is_variable=True))
    operands += [-1] * 4
    y = graph.tensor(f"{name}/y", (1, 1, units), dtype, scale=hidden_step)
    graph.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [y], SequenceLstmOptions("tanh"))
    return y


def separable_int16() -> bytes:
    """16x8 from end to end: four blocks of a depthwise window over time, 1 × 1, a gate and a residual."""
    rng = np.random.default_rng(5)
    writer, graph = start("separable_int16")
    channels, size = 48, FEATURES
    x = graph.input("features", (1, size), "int16", scale=WIDE_STEP)
    x = _layer(graph, rng, "front", x, (size, channels), (WIDE_STEP, WIDE_STEP))
    for number, taps in enumerate((5, 7, 7, 9)):
        x = _block(graph, rng, f"block{number}", x, channels, taps)
    return finish(writer, graph, _probabilities(graph, rng, x, channels, WIDE_STEP))


def _block(graph: SubgraphWriter, rng: Generator, name: str, x: int, channels: int, taps: int) -> int:
    wide = {"dtype": "int16", "scale": WIDE_STEP}
    pixel, row = (1, 1, 1, channels), (1, channels)
    window = _window(graph, name, x, channels, taps)
    mixed = graph.tensor(f"{name}/mixed", pixel, **wide)
    weight, bias = _image_layer(graph, rng, f"{name}/mix", (1, taps, 1, channels), taps)
    options = DepthwiseConv2DOptions("valid", (1, 1), (1, 1), "relu", 1)
    graph.operator("DEPTHWISE_CONV_2D", [window, weight, bias], [mixed], options)
    projected = graph.tensor(f"{name}/projected", pixel, **wide)
    weight, bias = _image_layer(graph, rng, f"{name}/project", (channels, 1, 1, channels), channels)
    options = Conv2DOptions("valid", (1, 1), (1, 1), "none")
    graph.operator("CONV_2D", [mixed, weight, bias], [projected], options)
    flat = _reshaped(graph, f"{name}/flat", projected, row, **wide)
    gate = graph.tensor(f"{name}/gate", row, "int16", scale=2.0**-15)
    graph.operator(
        "LOGISTIC", [_layer(graph, rng, f"{name}/open", x, (channels,) * 2, (WIDE_STEP,) * 2)], [gate]
    )
    gated, total = (graph.tensor(f"{name}/{end}", row, **wide) for end in ("gated", "total"))
    graph.operator("MUL", [flat, gate], [gated], AddOptions())
    graph.operator("ADD", [gated, x], [total], AddOptions())
    return total


def _image_layer(
    graph: SubgraphWriter, rng: Generator, name: str, shape: tuple[int, ...], products: int
) -> tuple[int, int]:
    axis, channels = (3, shape[3]) if shape[0] == 1 else (0, shape[0])
    scales = rng.uniform(0.8, 1.6, channels) / (74 * np.sqrt(products))
    weight = graph.tensor(f"{name}/w", shape, scale=scales, axis=axis, data=rng.integers(-127, 128, shape))
    values = rng.integers(-(1 << 18), 1 << 18, channels)
    bias = graph.tensor(f"{name}/b", (channels,), "int64", scale=scales * WIDE_STEP, data=values)
    return weight, bias


def _window(graph: SubgraphWriter, name: str, x: int, channels: int, taps: int) -> int:
    """int16[1, taps, 1, channels]: what READ_VARIABLE keeps, then the new row; the oldest row is dropped."""
    wide = {"dtype": "int16", "scale": WIDE_STEP}
    past = (1, taps - 1, 1, channels)
    handle = graph.tensor(f"{name}/handle", (1,), "resource")
    old, kept = (graph.tensor(f"{name}/{end}", past, **wide) for end in ("old", "kept"))
    graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions(f"{name}/past"))
    graph.operator("READ_VARIABLE", [handle], [old])
    new = _reshaped(graph, f"{name}/new", x, (1, 1, 1, channels), **wide)
    window = graph.tensor(f"{name}/window", (1, taps, 1, channels), **wide)
    graph.operator("CONCATENATION", [old, new], [window], ConcatenationOptions(1))
    begin = int32(graph, f"{name}/begin", [0, 1, 0, 0])
    graph.operator("SLICE", [window, begin, int32(graph, f"{name}/size", list(past))], [kept])
    graph.operator("ASSIGN_VARIABLE", [handle, kept], [])
    return window


def random_steps(tensor: Tensor, steps: int) -> NDArray[np.int8] | NDArray[np.int16]:
    """Features of ``steps`` steps, [steps, n], over the whole range of the input's type."""
    limits = np.iinfo(tensor.dtype)
    values = np.random.default_rng(3).integers(limits.min, limits.max + 1, (steps, tensor.elements))
    return values.astype(np.int8 if tensor.dtype == "int8" else np.int16)


NETWORKS: Mapping[str, Callable[[], bytes]] = {
    "separable, 16x8": separable_int16,
    "svdf, int8 states": lambda: svdf("int8"),
    "svdf, int16 states": lambda: svdf("int16"),
    "lstm, int8": lambda: lstm("int8"),
    "lstm, 16x8": lambda: lstm("int16"),
}
