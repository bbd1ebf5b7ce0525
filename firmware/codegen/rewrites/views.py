"""RESHAPE, TRANSPOSE and contiguous SLICE cost nothing: the tensor behind them is read with other strides.

A view is the list of source elements that a tensor shows. Working on explicit element numbers, rather than on
symbolic strides, makes every chain of view operators exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.graph import Graph, Node, Value

VIEW_KINDS = frozenset({"RESHAPE", "TRANSPOSE", "SLICE"})
"""Operators that move no value: they only rename the elements of their first input."""


@dataclass(frozen=True)
class View:
    """What a tensor shows of another one.

    Attributes:
        base: a tensor that a kernel writes, or a graph input.
        elements: int64, of the tensor's shape: the flat element number in ``base``.
    """

    base: Value
    elements: NDArray[np.int64]

    @property
    def contiguous_offset(self) -> int | None:
        """First element when the view is one contiguous stretch in order; ``None`` when it is not."""
        flat = self.elements.ravel()
        in_order = bool((np.diff(flat) == 1).all())
        return int(flat[0]) if in_order else None


def view_of(graph: Graph, value: Value) -> View:
    """Follow ``value`` back through view operators of ``graph`` to the tensor that holds its elements."""
    node = graph.producer(value)
    if node is None or node.kind not in VIEW_KINDS:
        return View(value, np.arange(value.elements, dtype=np.int64).reshape(value.shape))
    inner = view_of(graph, node.inputs[0])
    return View(inner.base, apply_view(node, inner.elements))


def apply_view(node: Node, array: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rearrange ``array``, which has the shape of the node's first input, as the node would."""
    shape = node.outputs[0].shape
    if node.kind == "TRANSPOSE":
        return array.transpose(node.inputs[1].data.ravel().tolist())  # type: ignore[union-attr]
    if node.kind == "SLICE":
        begin = node.inputs[1].data.ravel().tolist()  # type: ignore[union-attr]
        return array[tuple(slice(b, b + n) for b, n in zip(begin, shape, strict=True))]
    return array.reshape(shape)
