"""Random models of one operator that keeps a state of its own: SVDF, UNIDIRECTIONAL_SEQUENCE_LSTM."""

from __future__ import annotations

import numpy as np
from model_parts import Maker, activation, finish, scale, start, zero_point
from numpy.random import Generator
from skipstone.quantize.arithmetic.lstm import GATES
from skipstone.quantize.tflite.options import SequenceLstmOptions, SvdfOptions


def svdf(rng: Generator) -> bytes:
    """State int8 or int16; the scales drive it into saturation now and then."""
    writer, graph = start("svdf")
    batch = int(rng.choice([1, 1, 2]))
    size, memory, rank, units = (int(n) for n in rng.integers(1, [40, 12, 4, 24]))
    dtype = str(rng.choice(["int8", "int16"]))
    filters, limits = rank * units, np.iinfo(dtype)
    x_scale, feature_scale, time_scale = scale(rng), scale(rng), scale(rng) / (1 if dtype == "int8" else 200)
    spread = x_scale * feature_scale * 74 * 74 * np.sqrt(size)
    state_scale = spread / (limits.max / 3) * float(rng.uniform(0.3, 3))
    x = graph.input("x", (batch, size), scale=x_scale, zero_point=zero_point(rng))
    feature = graph.tensor(
        "feature", (filters, size), scale=feature_scale, data=rng.integers(-127, 128, (filters, size))
    )
    values = rng.integers(-limits.max, limits.max + 1, (filters, memory))
    time = graph.tensor("time", (filters, memory), dtype, scale=time_scale, data=values)
    bias = graph.tensor(
        "bias", (units,), "int32", scale=state_scale * time_scale, data=rng.integers(-3000, 3000, units)
    )
    state = graph.tensor(
        "state",
        (batch, filters * memory),
        dtype,
        scale=state_scale,
        zero_point=int(rng.choice([0, 0, 5, -20])) if dtype == "int8" else 0,
        is_variable=True,
    )
    reach = limits.max / 3 * state_scale * limits.max / 2 * time_scale * np.sqrt(memory * rank)
    out_scale = reach / 50 * float(rng.uniform(0.5, 2))
    y = graph.tensor("y", (batch, units), scale=out_scale, zero_point=zero_point(rng))
    graph.operator("SVDF", [x, feature, time, bias, state], [y], SvdfOptions(rank, activation(rng)))
    return finish(writer, graph, y)


def unidirectional_sequence_lstm(rng: Generator) -> bytes:
    """Several steps an invocation, batch or time first; the gates are driven over their whole range."""
    return _lstm(rng, "int8", 1)


def unidirectional_sequence_lstm_int16(rng: Generator) -> bytes:
    """The same with int16 activations: the ranges stay, the steps are 256 times as small."""
    return _lstm(rng, "int16", 256)


def _lstm(rng: Generator, dtype: str, finer: int) -> bytes:
    writer, graph = start(f"unidirectional_sequence_lstm_{dtype}")
    batches, steps, size, units = (int(n) for n in rng.integers(1, [3, 4, 40, 24]))
    time_major = bool(rng.integers(2))
    axes = (steps, batches) if time_major else (batches, steps)
    is_fine = finer > 1
    x_scale, x_zero_point = scale(rng), zero_point(rng)
    x = graph.input(
        "x", (*axes, size), dtype, scale=x_scale / finer, zero_point=0 if is_fine else x_zero_point
    )
    hidden_scale, hidden_zero_point = float(rng.uniform(0.5, 1.2)) / 128, int(rng.choice([0, -7, 20]))
    hidden = {"scale": hidden_scale / finer, "zero_point": 0 if is_fine else hidden_zero_point}
    inputs = [x]
    for origin, width, source in (("input", size, x_scale), ("hidden", units, hidden_scale)):
        for gate in GATES:
            reach = float(rng.uniform(0.3, 4)) / (source * 74 * 74 * np.sqrt(width))
            data = rng.integers(-127, 128, (units, width))
            inputs.append(graph.tensor(f"{origin}_to_{gate}", (units, width), scale=reach, data=data))
    inputs += [-1] * 3
    for gate in GATES:
        bias = rng.integers(-9000, 9000, units) * finer
        inputs.append(graph.tensor(f"{gate}_bias", (units,), "int64" if is_fine else "int32", data=bias))
    inputs += [-1] * 2
    cell_scale = 2.0 ** -int(rng.choice([9, 11, 12, 13, 15]))
    inputs.append(graph.tensor("hidden", (batches, units), dtype, is_variable=True, **hidden))
    inputs.append(graph.tensor("cell", (batches, units), "int16", scale=cell_scale, is_variable=True))
    inputs += [-1] * 4
    y = graph.tensor("y", (*axes, units), dtype, **hidden)
    clip = float(rng.choice([0, 0, 0.5, 3, 1000]))
    options = SequenceLstmOptions("tanh", cell_clip=clip, time_major=time_major)
    graph.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [y], options)
    return finish(writer, graph, y)


MODELS: dict[str, Maker] = {"svdf": svdf, "unidirectional_sequence_lstm": unidirectional_sequence_lstm}
"""Name → maker of a random .tflite with int8 activations."""
