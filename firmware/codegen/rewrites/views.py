"""Operators that only move bytes: the tensor behind them is read with other strides, or copied once.

A view is the list of source elements that a tensor shows. Working on explicit element numbers, rather than on
symbolic strides, makes every chain of view operators exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.graph import Graph, Node, Value
from skipstone.quantize.arithmetic.strided_slice import strided_indices

VIEW_KINDS = frozenset(
    {"RESHAPE", "TRANSPOSE", "SLICE", "STRIDED_SLICE", "SPLIT", "SPLIT_V", "UNPACK", "GATHER"}
)
"""Operators that compute nothing: every output element is an element of one input."""


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
    if node is None or not is_view(node):
        return View(value, np.arange(value.elements, dtype=np.int64).reshape(value.shape))
    inner = view_of(graph, source_of(node))
    return View(inner.base, apply_view(node, inner.elements, node.outputs.index(value)))


def is_view(node: Node) -> bool:
    """Whether ``node`` computes nothing. GATHER by computed indices does."""
    return node.kind in VIEW_KINDS and not (node.kind == "GATHER" and node.inputs[1].data is None)


def source_of(node: Node) -> Value:
    """The input whose elements a view operator shows."""
    return node.inputs[1 if node.kind == "SPLIT" else 0]


def apply_view(node: Node, array: NDArray[np.int64], output: int = 0) -> NDArray[np.int64]:
    """Rearrange ``array``, which has the shape of the node's source, as the node would for one output.

    Raises:
        ValueError: shapes or constants that do not fit; IndexError and TypeError are possible, too.
    """
    return _REARRANGE[node.kind](node, array, output)


def constant_numbers(node: Node, position: int) -> list[int]:
    """The numbers of a constant operand.

    Raises:
        ValueError: it is computed at run time.
    """
    data = node.inputs[position].data
    if data is None:
        raise ValueError("an operand is computed at run time")
    return [int(number) for number in data.ravel()]


def _transpose(node: Node, array: NDArray[np.int64], _output: int) -> NDArray[np.int64]:
    return array.transpose(constant_numbers(node, 1))


def _slice(node: Node, array: NDArray[np.int64], _output: int) -> NDArray[np.int64]:
    begin, shape = constant_numbers(node, 1), node.outputs[0].shape
    return array[tuple(slice(b, b + n) for b, n in zip(begin, shape, strict=True))]


def _reshape(node: Node, array: NDArray[np.int64], _output: int) -> NDArray[np.int64]:
    return array.reshape(node.outputs[0].shape)


def _strided_slice(node: Node, array: NDArray[np.int64], _output: int) -> NDArray[np.int64]:
    begin, end, stride = (constant_numbers(node, position) for position in (1, 2, 3))
    options = node.options
    if (
        not len(begin) == len(end) == len(stride) == array.ndim
        or options.ellipsis_mask
        or options.new_axis_mask
    ):
        raise ValueError("an ellipsis, a new axis, or fewer axes than the input has")
    for axis, size in enumerate(array.shape):
        indices = strided_indices(
            size,
            (begin[axis], end[axis], stride[axis]),
            (bool(options.begin_mask >> axis & 1), bool(options.end_mask >> axis & 1)),
            bool(options.shrink_axis_mask >> axis & 1),
        )
        array = array.take(indices, axis)
    return array.reshape(node.outputs[0].shape)


def _split(node: Node, array: NDArray[np.int64], output: int) -> NDArray[np.int64]:
    axis = constant_numbers(node, 0 if node.kind == "SPLIT" else 2)[0]
    sizes = [value.shape[axis] for value in node.outputs]
    if sum(sizes) != array.shape[axis]:
        raise ValueError("parts that do not add up to the input")
    return np.split(array, np.cumsum(sizes)[:-1], axis)[output]


def _unpack(node: Node, array: NDArray[np.int64], output: int) -> NDArray[np.int64]:
    if len(node.outputs) != array.shape[node.options.axis]:
        raise ValueError("parts that do not add up to the input")
    return np.take(array, [output], node.options.axis).reshape(node.outputs[output].shape)


def _gather(node: Node, array: NDArray[np.int64], _output: int) -> NDArray[np.int64]:
    if node.options.batch_dims:
        raise ValueError("batch dimensions")
    indices = np.array(constant_numbers(node, 1)).reshape(node.inputs[1].shape)
    return array.take(indices, node.options.axis)


_REARRANGE: Mapping[str, Callable[[Node, NDArray[np.int64], int], NDArray[np.int64]]] = MappingProxyType(
    {
        "TRANSPOSE": _transpose,
        "SLICE": _slice,
        "RESHAPE": _reshape,
        "STRIDED_SLICE": _strided_slice,
        "SPLIT": _split,
        "SPLIT_V": _split,
        "UNPACK": _unpack,
        "GATHER": _gather,
    }
)
