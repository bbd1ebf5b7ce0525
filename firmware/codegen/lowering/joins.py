"""CONCATENATION and PACK: their parts are computed in their places, or copied there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.buffers import Span
from skipstone.firmware.codegen.graph import Graph, Node, Value
from skipstone.firmware.codegen.lowering.placement import Placement
from skipstone.firmware.codegen.operations import Operation


def claim_parts(graph: Graph, placement: Placement) -> None:
    """Have the parts of a concatenation computed inside the whole; outer concatenations first."""
    for node in reversed(graph.nodes):
        if node.kind not in ("CONCATENATION", "PACK"):
            continue
        for part, home, places in _parts(node, placement):
            if places is None:
                placement.claim(part, home)


def lower_join(node: Node, placement: Placement) -> list[Operation]:
    """CONCATENATION or PACK: copies of the parts that are not computed in their places."""
    return [
        copy
        for part, home, places in _parts(node, placement)
        for copy in placement.place(part, home, node, places)
    ]


def _parts(node: Node, placement: Placement) -> list[tuple[Value, Span, NDArray[np.int64] | None]]:
    """The parts with their places in the whole: a contiguous span, or element numbers in the whole."""
    output = node.outputs[0]
    whole = placement.home(output)
    numbers = np.arange(output.elements).reshape(output.shape)
    axis = node.options.axis % len(output.shape)
    start = 0
    result: list[tuple[Value, Span, NDArray[np.int64] | None]] = []
    for part in node.inputs:
        size = part.shape[axis] if node.kind == "CONCATENATION" else 1
        places = numbers.take(range(start, start + size), axis).ravel()
        start += size
        first = int(places[0])
        if places.size == int(places[-1]) - first + 1:
            result.append((part, Span(whole.buffer, whole.offset + first * part.width, part.bytes), None))
        else:
            result.append((part, whole, places))
    return result
