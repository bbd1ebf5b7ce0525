"""Constant folding: a view or concatenation of constants is a constant."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.rewrites.views import VIEW_KINDS, apply_view, source_of


def fold_constants(graph: Graph) -> None:
    """Replace the results of operators on constants by constants, and drop the operators."""
    kept = []
    for node in graph.nodes:
        folded = _folded(node)
        if folded is None:
            kept.append(node)
        for value, data in zip(node.outputs, folded or [], strict=False):
            value.data = data
    graph.nodes = kept


def _folded(node: Node) -> list[NDArray[Any]] | None:
    """The constants that ``node`` gives, or ``None`` if it must run on the device."""
    if not node.inputs or any(value.data is None for value in node.inputs):
        return None
    if node.kind in VIEW_KINDS:
        source = source_of(node)
        assert source.data is not None
        whole = source.data.reshape(source.shape)
        return [np.ascontiguousarray(apply_view(node, whole, i)) for i in range(len(node.outputs))]
    if node.kind == "CONCATENATION":
        parts = [v.data.reshape(v.shape) for v in node.inputs if v.data is not None]
        return [np.concatenate(parts, node.options.axis)]
    return None
