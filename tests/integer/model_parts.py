"""Random ingredients of single-operator models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from skipstone.quantize.tflite.model import Tensor
from skipstone.quantize.tflite.writer import ModelWriter, SubgraphWriter

Maker = Callable[[Generator], bytes]
ACTIVATIONS = ("none", "relu", "relu6", "relu_n1_to_1")


def scale(rng: Generator, low: float = 0.01, high: float = 0.1) -> float:
    """A random scale."""
    return float(rng.uniform(low, high))


def zero_point(rng: Generator) -> int:
    """A random zero point; the ends of the range are frequent."""
    return int(rng.choice([-128, 127, 0, rng.integers(-128, 128)], p=[0.25, 0.05, 0.1, 0.6]))


def activation(rng: Generator) -> str:
    """A random fused activation."""
    return str(rng.choice(ACTIVATIONS))


def start(name: str) -> tuple[ModelWriter, SubgraphWriter]:
    """A writer and its main graph."""
    writer = ModelWriter(name)
    return writer, writer.subgraph("main")


def finish(writer: ModelWriter, graph: SubgraphWriter, *outputs: int) -> bytes:
    """Declare the outputs and serialise."""
    graph.set_outputs(*outputs)
    return writer.to_bytes()


def int32(graph: SubgraphWriter, name: str, values: Sequence[int]) -> int:
    """A constant int32 vector."""
    return graph.tensor(name, (len(values),), "int32", data=list(values))


def random_shape(rng: Generator, rank: int, largest: int = 6) -> tuple[int, ...]:
    """Sizes of 1 … ``largest``."""
    return tuple(int(size) for size in rng.integers(1, largest + 1, rank))


def random_values(rng: Generator, tensor: Tensor) -> NDArray[Any]:
    """Values of a model input over the whole range of its type."""
    if tensor.dtype == "float32":
        return rng.normal(0, 4, tensor.shape).astype(np.float32)
    limits = np.iinfo(tensor.dtype)
    return rng.integers(limits.min, limits.max + 1, tensor.shape).astype(tensor.dtype)
