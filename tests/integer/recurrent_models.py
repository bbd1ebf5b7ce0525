"""Random models of one operator that keeps a state of its own: SVDF, UNIDIRECTIONAL_SEQUENCE_LSTM."""

from __future__ import annotations

import numpy as np
from model_parts import Maker, activation, finish, scale, start, zero_point
from numpy.random import Generator
from skipstone.quantize.tflite.options import SvdfOptions


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


MODELS: dict[str, Maker] = {"svdf": svdf}
"""Name → maker of a random .tflite."""
