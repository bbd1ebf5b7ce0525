"""Executes a .tflite in NumPy: the integer model against which TFLM and the firmware are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from skipstone.quantize.integer.errors import IntegerModelError, UnsupportedOperatorError
from skipstone.quantize.integer.node import Array, Kernel, Node, Session, Unsupported
from skipstone.quantize.integer.operators import OPERATORS
from skipstone.quantize.integer.states import state_layouts
from skipstone.quantize.tflite.model import Model, Subgraph
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.schema import NUMPY_TYPES


@dataclass(frozen=True)
class _PreparedSubgraph:
    """Kernels in order of execution, with the tensors they read and write."""

    constants: list[Any]
    steps: list[tuple[Kernel, tuple[int, ...], tuple[int, ...]]]
    inputs: tuple[int, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    outputs: tuple[int, ...]


class IntegerInterpreter:
    """Runs one model step by step and keeps its streaming state.

    Args:
        model: a .tflite as bytes, or one that was read already.

    Raises:
        TfliteError: the bytes are not a valid model.
        UnsupportedOperatorError: operators that are not in ``operators.OPERATORS``; all of them are named.
    """

    def __init__(self, model: bytes | Model) -> None:
        self.model = read_model(model) if isinstance(model, bytes) else model
        self._layouts = state_layouts(self.model)
        self._session = Session(self._run_subgraph)
        findings: list[str] = []
        self._subgraphs = [_prepare(graph, self._session, findings) for graph in self.model.subgraphs]
        if findings:
            raise UnsupportedOperatorError(findings)
        self.reset()

    def reset(self) -> None:
        """Set every state to its zero point, as TFLM's ``Reset`` does."""
        for name, layout in self._layouts.items():
            self._session.variables[name] = layout.initial()

    def step(self, *inputs: Array) -> list[Array]:
        """Invoke the main graph once.

        Args:
            inputs: one array an input, of its shape (a missing leading batch axis is added) and dtype.

        Returns:
            One array an output.
        """
        main = self.model.main
        if len(inputs) != len(main.inputs):
            raise IntegerModelError(
                f"the model takes {len(main.inputs)} inputs, not {len(inputs)}", "pass one array an input"
            )
        values = [_fit(value, main, index) for value, index in zip(inputs, main.inputs, strict=True)]
        self._session.iterations = 0
        return [np.array(value) for value in self._run_subgraph(0, values)]

    def states(self) -> dict[str, Array]:
        """Copies of all states by shared name, in the shape that ASSIGN_VARIABLE declares (oldest first)."""
        return {name: value.copy() for name, value in self._session.variables.items()}

    def _run_subgraph(self, index: int, inputs: Sequence[Any]) -> list[Any]:
        graph = self._subgraphs[index]
        values = graph.constants.copy()
        for tensor, shape, value in zip(graph.inputs, graph.input_shapes, inputs, strict=True):
            values[tensor] = value.reshape(shape)
        for kernel, sources, targets in graph.steps:
            results = kernel([values[i] if i >= 0 else None for i in sources])
            for tensor, value in zip(targets, results, strict=True):
                values[tensor] = value
        return [values[i] for i in graph.outputs]


def _prepare(subgraph: Subgraph, session: Session, findings: list[str]) -> _PreparedSubgraph:
    """Prepare every operator; what is not supported is appended to ``findings``."""
    steps = []
    for operator in subgraph.operators:
        prepare = OPERATORS.get(operator.name)
        node = Node(
            operator,
            tuple(subgraph.tensors[i] if i >= 0 else None for i in operator.inputs),
            tuple(subgraph.tensors[i] for i in operator.outputs),
            session,
        )
        try:
            if prepare is None:
                raise Unsupported("the operator is not in the integer model")
            if any(tensor is not None and tensor.is_dynamic for tensor in (*node.inputs, *node.outputs)):
                raise Unsupported("a dynamic shape")
            steps.append((prepare(node), operator.inputs, operator.outputs))
        except (Unsupported, ValueError, ArithmeticError, IndexError) as finding:
            findings.append(f"{subgraph.describe(operator)}: {finding}")
    constants: list[Any] = [
        subgraph.tensor_name(tensor) if tensor.is_variable else tensor.data for tensor in subgraph.tensors
    ]
    shapes = tuple(subgraph.tensors[i].shape for i in subgraph.inputs)
    return _PreparedSubgraph(constants, steps, subgraph.inputs, shapes, subgraph.outputs)


def _fit(value: Array, graph: Subgraph, index: int) -> Array:
    """Check one input and bring it to the tensor's shape."""
    tensor = graph.tensors[index]
    array = np.asarray(value)
    if array.dtype != NUMPY_TYPES.get(tensor.dtype) or array.size != tensor.elements:
        raise IntegerModelError(
            f"input {tensor} was given {array.dtype}{list(array.shape)}",
            "pass an array of that type and size",
        )
    return array.reshape(tensor.shape)
