"""LOGICAL_AND, LOGICAL_OR and LOGICAL_NOT on bools (TFLM ``logical.cc``, ``elementwise.cc``)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import MappingProxyType

import numpy as np
from skipstone.quantize.arithmetic.shapes import broadcast
from skipstone.quantize.integer.node import Array, Kernel, Node, require


def _prepare(compute: Callable[..., Array], operands: int, node: Node) -> Kernel:
    """Two operands are broadcast."""
    output = node.output
    require(len(node.inputs) == operands, f"{len(node.inputs)} inputs instead of {operands}")
    sources = [node.input(position) for position in range(operands)]
    for tensor in (*sources, output):
        require(tensor.dtype == "bool", f"{tensor} is not bool")
    shape = broadcast(*(tensor.shape for tensor in sources))
    require(shape == output.shape, f"output shape {output.shape}")
    return lambda inputs: (compute(*inputs),)


PREPARE = MappingProxyType(
    {
        "LOGICAL_AND": partial(_prepare, np.logical_and, 2),
        "LOGICAL_NOT": partial(_prepare, np.logical_not, 1),
        "LOGICAL_OR": partial(_prepare, np.logical_or, 2),
    }
)
"""By operator."""
