"""The resource variables of a model: shapes and initial values."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from skipstone.quantize.integer.errors import IntegerModelError
from skipstone.quantize.integer.node import Array
from skipstone.quantize.tflite.model import Model, Operator, Subgraph, Tensor
from skipstone.quantize.tflite.options import VarHandleOptions
from skipstone.quantize.tflite.schema import NUMPY_TYPES


@dataclass(frozen=True)
class StateLayout:
    """One resource variable as the first ASSIGN_VARIABLE declares it.

    Attributes:
        name: shared name.
        shape: static.
        dtype: of the tensor that is assigned.
        zero_point: initial value and value after a reset (TFLM ``micro_resource_variable.cc``).
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    zero_point: int

    def initial(self) -> Array:
        """A fresh array of the initial value."""
        return np.full(self.shape, self.zero_point, NUMPY_TYPES[self.dtype])


def state_layouts(model: Model) -> dict[str, StateLayout]:
    """Layouts by shared name, in the order in which TFLM prepares subgraphs and operators.

    Raises:
        IntegerModelError: a variable is read but never assigned, is of a type that NumPy does not have, or is
            used with two sizes.
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
    for name, tensor in reads:
        if name not in layouts:
            raise IntegerModelError(
                f"state '{name}' is read but never assigned", "initialise it with CALL_ONCE"
            )
        _check_size(layouts[name], tensor)
    return layouts


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
