"""One range for a state wherever it appears, so that the quantized model never rescales it.

Calibration sees what enters a step and what leaves it as different tensors. With two scales a state would be
requantized at every step, and its rows would lose a little each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from skipstone.quantize.tflite.model import Subgraph

MOVING_OPERATORS = frozenset(
    {
        *("CONCATENATION", "SLICE", "STRIDED_SLICE", "SPLIT", "SPLIT_V", "PACK", "UNPACK", "GATHER"),
        *("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "PAD", "MAX_POOL_2D", "MAXIMUM", "MINIMUM"),
    }
)
"""Operators that only move or choose values; their operands and results share scale and zero point."""

Ranges = dict[str, dict[str, Any]]
"""Tensor name → ``min`` and ``max``, float32 arrays of one element, as AI Edge Quantizer calibrates them."""


def tie_state_ranges(graph: Subgraph, ranges: Mapping[str, Any], pairs: list[tuple[int, int]]) -> Ranges:
    """Widen the ranges of every tensor that a state is moved to or from to their union, zero included.

    Args:
        graph: of the float model.
        ranges: of its tensors, by name.
        pairs: tensors by which each state enters and leaves.

    Returns:
        All ranges.
    """
    tied = {name: dict(values) for name, values in ranges.items()}
    for group in _groups(graph, pairs):
        known = [tied[name] for index in group if (name := graph.tensors[index].name) in tied]
        if not known:
            continue
        low = min(0.0, *(float(np.min(values["min"])) for values in known))
        high = max(0.0, *(float(np.max(values["max"])) for values in known))
        for values in known:
            values["min"] = np.full_like(values["min"], low)
            values["max"] = np.full_like(values["max"], high)
    return tied


def _groups(graph: Subgraph, pairs: list[tuple[int, int]]) -> Iterator[set[int]]:
    """Tensors that must share a range with each state; states that meet are in one group."""
    links = list(pairs)
    for operator in graph.operators:
        if operator.name in MOVING_OPERATORS:
            operands = (*operator.inputs, *operator.outputs)
            moved = [i for i in operands if i >= 0 and not graph.tensors[i].is_constant]
            links += [(moved[0], other) for other in moved[1:]]
    neighbours: dict[int, set[int]] = {}
    for a, b in links:
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    seen: set[int] = set()
    for start, _ in pairs:
        group, open_ends = set(), [start]
        while open_ends:
            tensor = open_ends.pop()
            if tensor not in group:
                group.add(tensor)
                open_ends += neighbours.get(tensor, set()) - group
        if not group & seen:
            yield group
        seen |= group
