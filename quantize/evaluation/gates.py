"""Gate sources as ``gate_bias`` vectors, and the compute fraction of a gate trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.evaluation.errors import EvaluationError

OPEN, SHUT = 127, -128
GATE_SOURCES = ("arbitrator", "all", "none", "mask")


def gate_bias(
    source: str, blocks: int, threshold_offset: int = 0, mask: NDArray[np.bool_] | None = None
) -> NDArray[np.int8]:
    """int8[blocks] bias that makes ``source`` decide.

    Args:
        source: ``arbitrator`` (the offset everywhere), ``all``, ``none`` or ``mask``.
        blocks: number of blocks.
        threshold_offset: the dial, −128 … 127: added to the gate logits in units of two logit steps, as on
            the device; negative values skip more. Counts for ``arbitrator`` only.
        mask: bool[blocks] for ``mask``.

    Raises:
        EvaluationError: an unknown source, a missing mask, an offset that the bias cannot hold.
    """
    if source == "arbitrator":
        if not SHUT <= threshold_offset <= OPEN:
            raise EvaluationError(f"threshold offset {threshold_offset}", "use −128 … 127")
        return np.full(blocks, threshold_offset, np.int8)
    if source == "mask" and mask is not None and mask.shape == (blocks,):
        return np.where(mask, OPEN, SHUT).astype(np.int8)
    if source in ("all", "none"):
        return np.full(blocks, OPEN if source == "all" else SHUT, np.int8)
    raise EvaluationError(
        f"gate source {source!r} for {blocks} blocks",
        f"use one of {', '.join(GATE_SOURCES)}; mask needs bits",
    )


class _Macs(Protocol):
    @property
    def macs(self) -> int: ...


class BlockCosts(Protocol):
    """What a run may cost in MACs: the skip table, and the facts of a run's record."""

    @property
    def blocks(self) -> Sequence[_Macs]: ...

    @property
    def arbitrator_macs(self) -> int: ...

    @property
    def fixed_block_macs(self) -> int: ...


def compute_fraction(gates: NDArray[np.bool_], costs: BlockCosts) -> float:
    """Σ executed cost / Σ all cost in MACs; arbitrators and the fixed work of blocks are counted on both
    sides, the rest of the fixed part on neither.

    Args:
        gates: bool[steps, blocks], the executed bits.
        costs: of the blocks and the arbitrators.

    Returns:
        1.0 where there is nothing that could be skipped.
    """
    macs = np.array([block.macs for block in costs.blocks], np.float64)
    overhead = len(gates) * (costs.arbitrator_macs + costs.fixed_block_macs)
    everything = len(gates) * float(macs.sum()) + overhead
    if everything == 0:
        return 1.0
    return (float((gates * macs).sum()) + overhead) / everything
