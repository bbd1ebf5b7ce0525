"""Which indices one axis of STRIDED_SLICE keeps (TFLM ``reference_ops::StridedSlice``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def strided_indices(
    size: int, bounds: tuple[int, int, int], is_open: tuple[bool, bool], shrinks: bool
) -> NDArray[np.int64]:
    """Indices in the order in which they are kept.

    Args:
        size: of the axis.
        bounds: begin, end and stride (not 0); negative begin and end count from the end of the axis.
        is_open: begin and end are ignored (``begin_mask``, ``end_mask``).
        shrinks: only the element at begin is kept (``shrink_axis_mask``).
    """
    begin, end, stride = bounds
    if stride == 0:
        raise ValueError("a stride of 0")
    lowest, highest = (0, size) if stride > 0 else (-1, size - 1)
    start = begin + size if begin < 0 else begin
    stop = end + size if end < 0 else end
    start = min(max(start, lowest), highest)
    stop = min(max(stop, lowest), highest)
    if is_open[0]:
        start = lowest if stride > 0 else highest
    if is_open[1]:
        stop = highest if stride > 0 else lowest
    if shrinks:
        return np.array([min(max(begin + size if begin < 0 else begin, 0), size - 1)])
    return np.arange(start, stop, stride)
