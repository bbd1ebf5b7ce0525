"""Constant folding: a view or concatenation of constants is a constant."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.graph import Graph, Node
from skipstone.firmware.codegen.rewrites.views import VIEW_KINDS, apply_view


def fold_constants(graph: Graph) -> None:
    """Replace the results of operators on constants by constants, and drop the operators."""
    kept = []
    for node in graph.nodes:
        folded = _folded(node)
        if folded is None:
            kept.append(node)
        else:
            node.outputs[0].data = folded
    graph.nodes = kept


def _folded(node: Node) -> NDArray[Any] | None:
    """The constant that ``node`` gives, or ``None`` if it must run on the device."""
    if not node.inputs or any(value.data is None for value in node.inputs):
        return None
    if node.kind in VIEW_KINDS:
        source = node.inputs[0].data
        assert source is not None
        return np.ascontiguousarray(apply_view(node, source.reshape(node.inputs[0].shape)))
    if node.kind == "CONCATENATION":
        return np.concatenate(
            [v.data.reshape(v.shape) for v in node.inputs if v.data is not None], node.options.axis
        )
    return None
