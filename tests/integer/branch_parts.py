"""Builders of small subgraphs for models of IF: one shape and one quantization throughout."""

from __future__ import annotations

from model_parts import int32, scale, start
from numpy.random import Generator
from skipstone.quantize.tflite.options import AddOptions, FullyConnectedOptions, IfOptions, VarHandleOptions
from skipstone.quantize.tflite.writer import ModelWriter, SubgraphWriter

SIZE = 6
SHAPE = (1, SIZE)


class Parts:
    """Tensors and operators of one subgraph, all of one shape and quantization."""

    def __init__(self, graph: SubgraphWriter, rng: Generator, quantization: dict[str, float]) -> None:
        self.graph, self.rng, self.quantization = graph, rng, quantization

    def input(self, name: str = "x") -> int:
        return self.graph.input(name, SHAPE, **self.quantization)

    def tensor(self, name: str, shape: tuple[int, ...] = SHAPE) -> int:
        return self.graph.tensor(name, shape, **self.quantization)

    def constant(self, name: str) -> int:
        return self.graph.tensor(name, SHAPE, **self.quantization, data=self.rng.integers(-128, 128, SHAPE))

    def layer(self, name: str, x: int) -> int:
        shape = (SIZE, SIZE)
        weights = self.graph.tensor(f"{name}/w", shape, scale=0.01, data=self.rng.integers(-127, 128, shape))
        output = self.tensor(name)
        self.graph.operator("FULLY_CONNECTED", [x, weights], [output], FullyConnectedOptions("none", True))
        return output

    def add(self, name: str, a: int, b: int) -> int:
        output = self.tensor(name)
        self.graph.operator("ADD", [a, b], [output], AddOptions())
        return output

    def element(self, name: str, x: int, position: int, dtype: str = "int8") -> int:
        """One element of a row, [1, 1]."""
        part = self.graph.tensor(name, (1, 1), dtype, **(self.quantization if dtype == "int8" else {}))
        begin, size = int32(self.graph, f"{name}/begin", [0, position]), int32(self.graph, "one", [1, 1])
        self.graph.operator("SLICE", [x, begin, size], [part])
        return part

    def is_positive(self, name: str, x: int, position: int = 0) -> int:
        """A bool that is true about every second step: ``x[position] > 0`` or so."""
        limit = self.graph.tensor(f"{name}/limit", (1, 1), **self.quantization, data=[[0]])
        bit = self.graph.tensor(name, (1, 1), "bool")
        self.graph.operator("GREATER", [self.element(f"{name}/x", x, position), limit], [bit])
        return bit

    def branch(
        self, name: str, condition: int, operands: list[int], branches: tuple[Parts, Parts], outputs: int = 1
    ) -> list[int]:
        results = [self.tensor(f"{name}{index}") for index in range(outputs)]
        options = IfOptions(*(part.graph.index for part in branches))
        self.graph.operator("IF", [condition, *operands], results, options)
        return results

    def read(self, state: str) -> tuple[int, int]:
        """``(handle, value)`` of a state."""
        handle, value = self.graph.tensor(f"{state}/handle", (1,), "resource"), self.tensor(f"{state}/old")
        self.graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions(state))
        self.graph.operator("READ_VARIABLE", [handle], [value])
        return handle, value

    def accumulate(self, state: str, x: int) -> int:
        """The state plus ``x``, which is assigned to it."""
        handle, old = self.read(state)
        total = self.add(f"{state}/total", old, x)
        self.graph.operator("ASSIGN_VARIABLE", [handle, total], [])
        return total


def model_of(name: str, rng: Generator, *subgraphs: str) -> tuple[ModelWriter, list[Parts]]:
    """A main graph and subgraphs, each with a builder; the state's quantization is that of everything."""
    writer, main = start(name)
    quantization = {"scale": scale(rng), "zero_point": int(rng.integers(-20, 20))}
    graphs = [main, *(writer.subgraph(part) for part in subgraphs)]
    return writer, [Parts(graph, rng, quantization) for graph in graphs]
