"""BATCH_MATMUL → SOFTMAX → BATCH_MATMUL over two windows becomes one attention kernel.

The sums over positions do not depend on their order, so both windows may be ring buffers read from row 0,
without regard to which row is the oldest: key and value rings are pushed together (both in the body, or both
in the main graph), hence row ``p`` of one belongs to row ``p`` of the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.graph import Fused, Graph, Node, Value
from skipstone.firmware.codegen.rewrites.views import View, view_of


@dataclass(frozen=True)
class AttentionOptions:
    """Options of an ``ATTENTION`` node; its inputs are query [heads · head_dim], key window, value window.

    Attributes:
        heads: number of heads.
        head_dim: elements of one head.
        positions: rows of both windows.
        row_stride: elements between the rows.
        beta: factor of the scores inside SOFTMAX.
        score: tensor between first BATCH_MATMUL and SOFTMAX; only its quantization matters.
    """

    heads: int
    head_dim: int
    positions: int
    row_stride: int
    beta: float
    score: Value


def fuse_attention(graph: Graph) -> None:
    """Replace every attention of ``graph`` whose operands lie as the kernel wants them."""
    for softmax in [node for node in graph.nodes if node.kind == "SOFTMAX"]:
        products = _products_around(graph, softmax)
        if products is not None:
            score, context = products
            attention = _attention(graph, score, softmax, context)
            if attention is not None:
                graph.replace_nodes([score, softmax, context], attention)
    graph.remove_dead_nodes()


def _products_around(graph: Graph, softmax: Node) -> tuple[Node, Node] | None:
    """BATCH_MATMUL before and after a softmax, each the only partner of the other."""
    score = graph.producer(view_of(graph, softmax.inputs[0]).base)
    context = _only_reader_of(graph, softmax.outputs[0])
    if score is None or context is None or {score.kind, context.kind} != {"BATCH_MATMUL"}:
        return None
    is_left = view_of(graph, context.inputs[0]).base is softmax.outputs[0]
    is_plain = not (score.options.adj_x or context.options.adj_x)
    return (score, context) if is_left and is_plain and graph.is_used_once(score.outputs[0]) else None


def _attention(graph: Graph, score: Node, softmax: Node, context: Node) -> Node | None:
    """The fused node, if both right operands are pushed states in the layout of the kernel."""
    keys = _operand(graph, score.inputs[1], rows_are_positions=score.options.adj_y)
    values = _operand(graph, context.inputs[1], rows_are_positions=not context.options.adj_y)
    if keys is None or values is None or not _are_pushed_together(graph, keys.base, values.base):
        return None
    if {value.dtype for value in (*score.inputs, *context.inputs, *context.outputs)} != {"int8"}:
        return None
    heads, positions, head_dim = keys.elements.shape
    row_stride = keys.base.elements // positions
    layout = _kernel_layout(heads, positions, head_dim, row_stride)
    if not (np.array_equal(keys.elements, layout) and np.array_equal(values.elements, layout)):
        return None
    if score.inputs[0].elements != heads * head_dim:
        return None
    beta = float(softmax.options.beta)
    options = AttentionOptions(heads, head_dim, positions, row_stride, beta, score.outputs[0])
    inputs = [score.inputs[0], keys.base, values.base]
    return Node(Fused.ATTENTION, inputs, context.outputs, options, context.origin)


def _only_reader_of(graph: Graph, value: Value) -> Node | None:
    """The one node that reads ``value``, looking through view operators."""
    readers = graph.consumers(value)
    if len(readers) != 1 or value in graph.outputs:
        return None
    reader = readers[0]
    return _only_reader_of(graph, reader.outputs[0]) if reader.kind in ("RESHAPE", "TRANSPOSE") else reader


def _operand(graph: Graph, value: Value, rows_are_positions: bool) -> View | None:
    """A right operand as [heads, positions, head_dim]; without ``rows_are_positions`` it lies transposed."""
    view = view_of(graph, value)
    if view.elements.ndim < 2:
        return None
    matrix = view.elements.reshape(-1, *view.elements.shape[-2:])
    return View(view.base, matrix if rows_are_positions else matrix.transpose(0, 2, 1))


def _are_pushed_together(graph: Graph, keys: Value, values: Value) -> bool:
    """Both windows are rings of one kind: pushed here, or read where the main graph pushes every step."""
    kinds = {node.kind if node else None for node in (graph.producer(keys), graph.producer(values))}
    return kinds in ({Fused.RING_PUSH}, {Fused.RING_READ})


def _kernel_layout(heads: int, positions: int, head_dim: int, row_stride: int) -> NDArray[np.int64]:
    """Element numbers as ``ss_attention_s8`` reads a ring: ``p · row_stride + h · head_dim + d``."""
    h = np.arange(heads)[:, None, None]
    p = np.arange(positions)[None, :, None]
    d = np.arange(head_dim)[None, None, :]
    return (p * row_stride + h * head_dim + d).astype(np.int64)
