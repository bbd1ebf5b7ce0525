"""Random models of one operator that sums or compares over windows or axes: pooling, MEAN."""

from __future__ import annotations

from model_parts import Maker, activation, finish, int32, random_shape, scale, start, zero_point
from numpy.random import Generator
from skipstone.quantize.tflite.options import PoolOptions, ReducerOptions


def _pool(operator: str) -> Maker:
    def make(rng: Generator) -> bytes:
        writer, graph = start(operator.lower())
        window = tuple(int(n) for n in rng.integers(1, 5, 2))
        stride = tuple(int(n) for n in rng.integers(1, 4, 2))
        padding = str(rng.choice(["same", "valid"]))
        image = tuple(n + int(rng.integers(0, 5)) for n in window)
        channels = int(rng.integers(1, 20))
        quantization = {"scale": scale(rng), "zero_point": zero_point(rng)}
        x = graph.input("x", (1, *image, channels), **quantization)
        size = [
            -(-image[i] // stride[i]) if padding == "same" else (image[i] - window[i]) // stride[i] + 1
            for i in range(2)
        ]
        y = graph.tensor("y", (1, *size, channels), **quantization)
        graph.operator(operator, [x], [y], PoolOptions(padding, stride, window, activation(rng)))
        return finish(writer, graph, y)

    return make


def mean(rng: Generator) -> bytes:
    """One or two axes, kept or not, equal quantizations or not."""
    writer, graph = start("mean")
    shape = random_shape(rng, 4 if rng.integers(2) else int(rng.integers(2, 5)), 7)
    rank = len(shape)
    keep = bool(rng.integers(2))
    axes = [1, 2] if rank == 4 and rng.integers(2) else list(rng.permutation(rank)[: int(rng.integers(1, 3))])
    in_scale, in_zero_point = scale(rng), zero_point(rng)
    x = graph.input("x", shape, scale=in_scale, zero_point=in_zero_point)
    given = [int(axis) - (rank if axes != [1, 2] and rng.integers(2) else 0) for axis in axes]
    kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
    dropped = [size for axis, size in enumerate(shape) if axis not in axes]
    is_same = bool(rng.integers(2))
    y = graph.tensor(
        "y",
        kept if keep else dropped,
        scale=in_scale if is_same else in_scale * float(rng.uniform(0.2, 2)),
        zero_point=in_zero_point if is_same else zero_point(rng),
    )
    graph.operator("MEAN", [x, int32(graph, "axes", given)], [y], ReducerOptions(keep))
    return finish(writer, graph, y)


MODELS: dict[str, Maker] = {
    "average_pool_2d": _pool("AVERAGE_POOL_2D"),
    "max_pool_2d": _pool("MAX_POOL_2D"),
    "mean": mean,
}
"""Name → maker of a random .tflite."""
