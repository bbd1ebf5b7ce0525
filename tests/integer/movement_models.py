"""Random models of one operator that only moves bytes: PAD, SPLIT, PACK, GATHER, TRANSPOSE, SLICE …"""

from __future__ import annotations

import numpy as np
from model_parts import Maker, finish, int32, random_shape, scale, start, zero_point
from numpy.random import Generator
from skipstone.quantize.tflite.options import (
    ConcatenationOptions,
    GatherOptions,
    PackOptions,
    SplitOptions,
)


def _quantization(rng: Generator) -> dict[str, float]:
    return {"scale": scale(rng), "zero_point": zero_point(rng)}


def _axis(rng: Generator, rank: int) -> tuple[int, int]:
    """An axis, and the number that stands for it in the file."""
    axis = int(rng.integers(rank))
    return axis, axis - rank if rng.integers(2) else axis


def pad(rng: Generator) -> bytes:
    """PAD with the zero point, PADV2 with a value of its own."""
    writer, graph = start("pad")
    quantization = _quantization(rng)
    shape = random_shape(rng, int(rng.integers(1, 5)))
    widths = rng.integers(0, 3, (len(shape), 2))
    x = graph.input("x", shape, **quantization)
    operands = [x, graph.tensor("paddings", widths.shape, "int32", data=widths)]
    has_value = bool(rng.integers(2))
    if has_value:
        operands.append(graph.tensor("value", (1,), data=[int(rng.integers(-128, 128))], **quantization))
    y = graph.tensor("y", (np.array(shape) + widths.sum(axis=1)).tolist(), **quantization)
    graph.operator("PADV2" if has_value else "PAD", operands, [y])
    return finish(writer, graph, y)


def split(rng: Generator) -> bytes:
    """Equal parts."""
    writer, graph = start("split")
    quantization = _quantization(rng)
    shape = list(random_shape(rng, int(rng.integers(1, 5)), 4))
    axis, given = _axis(rng, len(shape))
    parts = int(rng.integers(1, 4))
    part = list(shape)
    shape[axis] *= parts
    x = graph.input("x", shape, **quantization)
    outputs = [graph.tensor(f"y{i}", part, **quantization) for i in range(parts)]
    axis_tensor = graph.tensor("axis", (1,), "int32", data=[given])
    graph.operator("SPLIT", [axis_tensor, x], outputs, SplitOptions(parts))
    return finish(writer, graph, outputs[int(rng.integers(parts))])


def split_v(rng: Generator) -> bytes:
    """Parts of different sizes, joined again in the other order."""
    writer, graph = start("split_v")
    quantization = _quantization(rng)
    shape = list(random_shape(rng, int(rng.integers(1, 5)), 4))
    axis, given = _axis(rng, len(shape))
    sizes = [int(n) for n in rng.integers(1, 5, int(rng.integers(1, 4)))]
    shape[axis] = sum(sizes)
    x = graph.input("x", shape, **quantization)
    outputs = [
        graph.tensor(f"y{i}", [*shape[:axis], n, *shape[axis + 1 :]], **quantization)
        for i, n in enumerate(sizes)
    ]
    axis_tensor = graph.tensor("axis", (1,), "int32", data=[given])
    operands = [x, int32(graph, "sizes", sizes), axis_tensor]
    graph.operator("SPLIT_V", operands, outputs, SplitOptions(len(sizes)))
    joined = graph.tensor("joined", shape, **quantization)
    graph.operator("CONCATENATION", outputs[::-1], [joined], ConcatenationOptions(axis))
    return finish(writer, graph, joined)


def pack(rng: Generator) -> bytes:
    """Two or three inputs become one tensor."""
    writer, graph = start("pack")
    quantization = _quantization(rng)
    shape = random_shape(rng, int(rng.integers(1, 4)))
    count = int(rng.integers(2, 4))
    axis, given = _axis(rng, len(shape) + 1)
    parts = [graph.input(f"x{i}", shape, **quantization) for i in range(count)]
    y = graph.tensor("y", [*shape[:axis], count, *shape[axis:]], **quantization)
    graph.operator("PACK", parts, [y], PackOptions(count, given))
    return finish(writer, graph, y)


def unpack(rng: Generator) -> bytes:
    """One tensor becomes several; they are packed again in the other order."""
    writer, graph = start("unpack")
    quantization = _quantization(rng)
    shape = random_shape(rng, int(rng.integers(2, 5)), 4)
    axis, given = _axis(rng, len(shape))
    x = graph.input("x", shape, **quantization)
    part = [*shape[:axis], *shape[axis + 1 :]]
    parts = [graph.tensor(f"y{i}", part, **quantization) for i in range(shape[axis])]
    graph.operator("UNPACK", [x], parts, PackOptions(len(parts), given))
    y = graph.tensor("y", shape, **quantization)
    graph.operator("PACK", parts[::-1], [y], PackOptions(len(parts), axis))
    return finish(writer, graph, y)


def gather(rng: Generator) -> bytes:
    """Constant indices, in any order, some of them twice."""
    writer, graph = start("gather")
    quantization = _quantization(rng)
    shape = random_shape(rng, int(rng.integers(1, 4)))
    axis, given = _axis(rng, len(shape))
    indices = [int(n) for n in rng.integers(0, shape[axis], int(rng.integers(1, 6)))]
    x = graph.input("x", shape, **quantization)
    y = graph.tensor("y", [*shape[:axis], len(indices), *shape[axis + 1 :]], **quantization)
    graph.operator("GATHER", [x, int32(graph, "indices", indices)], [y], GatherOptions(given))
    return finish(writer, graph, y)


def transpose(rng: Generator) -> bytes:
    """Up to four axes in any order."""
    writer, graph = start("transpose")
    quantization = _quantization(rng)
    shape = random_shape(rng, int(rng.integers(1, 5)))
    order = [int(axis) for axis in rng.permutation(len(shape))]
    x = graph.input("x", shape, **quantization)
    y = graph.tensor("y", [shape[axis] for axis in order], **quantization)
    graph.operator("TRANSPOSE", [x, int32(graph, "order", order)], [y])
    return finish(writer, graph, y)


def slice_inside(rng: Generator) -> bytes:
    """A box from the middle."""
    writer, graph = start("slice")
    quantization = _quantization(rng)
    shape = random_shape(rng, int(rng.integers(1, 5)))
    begin = [int(rng.integers(n)) for n in shape]
    size = [int(rng.integers(1, n - b + 1)) for n, b in zip(shape, begin, strict=True)]
    x = graph.input("x", shape, **quantization)
    y = graph.tensor("y", size, **quantization)
    graph.operator("SLICE", [x, int32(graph, "begin", begin), int32(graph, "size", size)], [y])
    return finish(writer, graph, y)


def concatenation(rng: Generator) -> bytes:
    """Two or three tensors along any axis."""
    writer, graph = start("concatenation")
    quantization = _quantization(rng)
    shape = list(random_shape(rng, int(rng.integers(1, 5)), 4))
    axis, given = _axis(rng, len(shape))
    sizes = [int(n) for n in rng.integers(1, 5, int(rng.integers(2, 4)))]
    parts = [
        graph.input(f"x{i}", [*shape[:axis], n, *shape[axis + 1 :]], **quantization)
        for i, n in enumerate(sizes)
    ]
    shape[axis] = sum(sizes)
    y = graph.tensor("y", shape, **quantization)
    graph.operator("CONCATENATION", parts, [y], ConcatenationOptions(given))
    return finish(writer, graph, y)


MODELS: dict[str, Maker] = {
    "pad": pad,
    "split": split,
    "split_v": split_v,
    "pack": pack,
    "unpack": unpack,
    "gather": gather,
    "transpose": transpose,
    "slice_inside": slice_inside,
    "concatenation": concatenation,
}
"""Name → maker of a random .tflite."""
