"""Copies of boxes of bytes between two layouts: how element lists become loops, and their parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator

AXES = 4
"""Loops of the kernel around the contiguous run."""

Axis = tuple[int, int, int]
"""Count, source stride, target stride; outermost first."""


@dataclass(frozen=True)
class StridedCopy:
    """One box: element ``Σ i_k · stride_k`` of both sides, ``run`` neighbouring bytes each time."""

    source: int
    target: int
    axes: tuple[Axis, ...]
    run: int

    def in_bytes(self, width: int) -> StridedCopy:
        """The same copy of elements of ``width`` bytes."""
        axes = tuple((count, source * width, target * width) for count, source, target in self.axes)
        return StridedCopy(self.source * width, self.target * width, axes, self.run * width)


def strided_copies(source: NDArray[np.int64], target: NDArray[np.int64]) -> list[StridedCopy]:
    """The copies that move element ``source[i]`` to ``target[i]`` for every ``i``, in that order.

    Args:
        source: int64[n], element numbers of one buffer.
        target: int64[n], likewise of another.
    """
    pairs = np.stack([source.ravel(), target.ravel()], axis=1)
    return _copies(pairs, ())


def _copies(pairs: NDArray[np.int64], inner: tuple[Axis, ...]) -> list[StridedCopy]:
    """Peel off the innermost axis until one element is left; what has no regular stride becomes several."""
    if len(pairs) == 1:
        return [_box(pairs[0], inner)]
    step = pairs[1] - pairs[0]
    count = _regular_count(pairs, step)
    axes = len(inner) + (0 if _is_run(inner) else 1)
    if count == 1 or axes > AXES:
        return [copy for pair in pairs for copy in _copies(pair[None], inner)]
    return _copies(pairs[::count], ((count, int(step[0]), int(step[1])), *inner))


def _is_run(inner: tuple[Axis, ...]) -> bool:
    """Whether the innermost axis is contiguous on both sides, so that it is the run and needs no loop."""
    return bool(inner) and inner[-1][1:] == (1, 1)


def _regular_count(pairs: NDArray[np.int64], step: NDArray[np.int64]) -> int:
    """Largest divisor of the length whose blocks all advance by ``step`` from element to element."""
    breaks = np.flatnonzero((np.diff(pairs, axis=0) != step).any(axis=1))
    longest = int(breaks[0]) + 1 if len(breaks) else len(pairs)
    for count in range(longest, 1, -1):
        if len(pairs) % count == 0:
            blocks = pairs.reshape(-1, count, 2)
            if bool(((blocks - blocks[:, :1]) == np.arange(count)[:, None] * step).all()):
                return count
    return 1


def _box(start: NDArray[np.int64], inner: tuple[Axis, ...]) -> StridedCopy:
    run = inner[-1][0] if _is_run(inner) else 1
    axes = inner[:-1] if _is_run(inner) else inner
    return StridedCopy(int(start[0]), int(start[1]), axes, run)


def pack_copy_strided(copy: StridedCopy, variant: KernelVariant) -> PackedOperator:
    """Pack one copy; the offsets of the box are part of the pointers. One kernel serves every variant."""
    del variant
    padded = ((1, 0, 0),) * (AXES - len(copy.axes)) + copy.axes
    scalars: dict[str, int] = {}
    for index, (count, source, target) in enumerate(padded):
        scalars |= {f"count{index}": count, f"source{index}": source, f"target{index}": target}
    return PackedOperator("ss_copy_strided_s8_ref", "ss_copy_strided_params", {**scalars, "run": copy.run})
