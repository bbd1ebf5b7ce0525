"""The resource variables of a model: shapes and initial values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skipstone.quantize.integer.errors import IntegerModelError
from skipstone.quantize.integer.node import Array
from skipstone.quantize.tflite.model import Model, Subgraph
from skipstone.quantize.tflite.options import VarHandleOptions
from skipstone.quantize.tflite.schema import NUMPY_TYPES


@dataclass(frozen=True)
class StateLayout:
    """One resource variable as the first ASSIGN_VARIABLE declares it.

    Attributes:
        name: shared name.
        shape: static.
        dtype: of the tensor that is assigned.
        zero_point: initial value of every byte and value after a reset (TFLM ``micro_resource_variable.cc``).
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
        IntegerModelError: a variable is read but never assigned, or is assigned with two sizes.
    """
    layouts: dict[str, StateLayout] = {}
    read: set[str] = set()
    for subgraph in model.subgraphs:
        handles = _handles(subgraph)
        for operator in subgraph.operators:
            if operator.name not in ("ASSIGN_VARIABLE", "READ_VARIABLE"):
                continue
            name = handles.get(operator.inputs[0]) if operator.inputs else None
            if name is None:
                raise IntegerModelError(
                    f"{subgraph.describe(operator)}: its handle does not come from VAR_HANDLE",
                    "make the handle in the same subgraph",
                )
            if operator.name == "READ_VARIABLE":
                read.add(name)
            else:
                tensor = subgraph.tensors[operator.inputs[1]]
                layout = StateLayout(name, tensor.shape, tensor.dtype, tensor.zero_point)
                first = layouts.setdefault(name, layout)
                if (first.dtype, np.prod(first.shape)) != (layout.dtype, np.prod(layout.shape)):
                    raise IntegerModelError(
                        f"state '{name}' is assigned as {first.shape} and as {layout.shape}",
                        "give every assignment of a state the same shape and type",
                    )
    unassigned = sorted(read - set(layouts))
    if unassigned:
        raise IntegerModelError(
            f"state '{unassigned[0]}' is read but never assigned", "initialise it with CALL_ONCE"
        )
    return layouts


def _handles(subgraph: Subgraph) -> dict[int, str]:
    """Shared name by the tensor index of its handle."""
    return {
        operator.outputs[0]: operator.options.shared_name
        for operator in subgraph.operators
        if isinstance(operator.options, VarHandleOptions) and operator.outputs
    }
