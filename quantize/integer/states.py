"""The states of a model, resource variables and variable tensors: shapes and initial values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType

import numpy as np
from skipstone.quantize.integer.errors import IntegerModelError
from skipstone.quantize.integer.node import Array
from skipstone.quantize.tflite.model import Model, Operator, Subgraph, Tensor
from skipstone.quantize.tflite.options import VarHandleOptions
from skipstone.quantize.tflite.schema import NUMPY_TYPES

OWN_STATES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"SVDF": (4,), "UNIDIRECTIONAL_SEQUENCE_LSTM": (18, 19)}
)
"""Positions of the operands that are an operator's own state: variable tensors."""


@dataclass(frozen=True)
class StateLayout:
    """One resource variable as the first ASSIGN_VARIABLE declares it, or one variable tensor.

    Attributes:
        name: shared name, or name of the tensor.
        shape: static.
        dtype: of the tensor.
        zero_point: initial value and value after a reset (TFLM ``micro_resource_variable.cc``; of variable
            tensors ``MicroInterpreterGraph::ResetVariableTensors``: 0 where they are not int8).
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    zero_point: int

    def initial(self) -> Array:
        """A fresh array of the initial value."""
        return np.full(self.shape, self.zero_point, NUMPY_TYPES[self.dtype])


def state_layouts(model: Model) -> dict[str, StateLayout]:
    """Layouts by name, in the order in which TFLM prepares subgraphs and operators.

    Raises:
        IntegerModelError: a resource variable is read but never assigned, is of a type that NumPy does not
            have, or is used with two sizes; a variable tensor is not the state of exactly one operator; two
            states have one name.
    """
    layouts: dict[str, StateLayout] = {}
    reads: list[tuple[str, Tensor]] = []
    for subgraph in model.subgraphs:
        handles = _handles(subgraph)
        for operator in subgraph.operators:
            if operator.name == "ASSIGN_VARIABLE":
                name, tensor = _access(subgraph, operator, handles, operator.inputs[1:2])
                layout = StateLayout(name, tensor.shape, tensor.dtype, tensor.zero_point)
                _check_size(layouts.setdefault(name, layout), tensor)
            elif operator.name == "READ_VARIABLE":
                reads.append(_access(subgraph, operator, handles, operator.outputs))
        for layout in _own_states(subgraph):
            if layout.name in layouts:
                raise IntegerModelError(
                    f"two states are named '{layout.name}'", "give each a name of its own"
                )
            layouts[layout.name] = layout
    for name, tensor in reads:
        if name not in layouts:
            raise IntegerModelError(
                f"state '{name}' is read but never assigned", "initialise it with CALL_ONCE"
            )
        _check_size(layouts[name], tensor)
    return layouts


def _own_states(subgraph: Subgraph) -> Iterator[StateLayout]:
    """Variable tensors that operators keep for themselves."""
    seen: set[int] = set()
    for operator in subgraph.operators:
        own = OWN_STATES.get(operator.name, ())
        for position, index in enumerate(operator.inputs):
            if index < 0 or not subgraph.tensors[index].is_variable:
                continue
            tensor = subgraph.tensors[index]
            if position not in own or index in seen or tensor.dtype not in NUMPY_TYPES:
                raise IntegerModelError(
                    f"{subgraph.describe(operator)}: variable tensor {tensor} is not its own state",
                    "keep other states in resource variables (VAR_HANDLE)",
                )
            seen.add(index)
            zero_point = tensor.zero_point if tensor.dtype == "int8" else 0
            yield StateLayout(subgraph.tensor_name(tensor), tensor.shape, tensor.dtype, zero_point)


def _access(
    subgraph: Subgraph, operator: Operator, handles: dict[int, str], values: tuple[int, ...]
) -> tuple[str, Tensor]:
    """Name of the variable and the tensor that an operator reads or assigns."""
    name = handles.get(operator.inputs[0]) if operator.inputs else None
    if name is None or len(values) != 1 or values[0] < 0:
        raise IntegerModelError(
            f"{subgraph.describe(operator)}: no handle from VAR_HANDLE, or no value",
            "make the handle in the same subgraph",
        )
    return name, subgraph.tensors[values[0]]


def _check_size(layout: StateLayout, tensor: Tensor) -> None:
    if layout.zero_point != 0 and layout.dtype not in ("int8", "uint8"):
        raise IntegerModelError(
            f"state '{layout.name}' is {layout.dtype} with zero point {layout.zero_point}",
            "quantize wide states symmetrically: TFLM's reset writes the zero point into every byte",
        )
    same = layout.dtype == tensor.dtype and prod(layout.shape) == tensor.elements
    if not same or layout.dtype not in NUMPY_TYPES:
        raise IntegerModelError(
            f"state '{layout.name}' is {layout.dtype}{list(layout.shape)} and is used as {tensor}",
            "give every read and assignment of a state the same shape and type",
        )


def _handles(subgraph: Subgraph) -> dict[int, str]:
    """Shared name by the tensor index of its handle."""
    return {
        operator.outputs[0]: operator.options.shared_name
        for operator in subgraph.operators
        if isinstance(operator.options, VarHandleOptions) and operator.outputs
    }
