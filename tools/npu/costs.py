"""The NPU's lane of a profile: what its jobs cost, block by block and step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skipstone.tools.device import Device
from skipstone.tools.device.errors import RequestRefusedError
from skipstone.tools.device.results import NpuProfile
from skipstone.tools.npu.job_table import EVERY_STEP, JobTable
from skipstone.tools.protocol.messages import ErrorCode

_ABSENT = (ErrorCode.NO_NPU, ErrorCode.UNKNOWN_TYPE)
"""What firmware without an NPU, and older firmware, answers."""


@dataclass(frozen=True)
class NpuPart:
    """The jobs of one block, or those of every step.

    Attributes:
        name: of the block.
        jobs: started by one run.
        cycles: of one run, as the NPU's counter has it; 0 where nothing ran.
        estimated_cycles: of one run, by Vela; ``None`` without the code's ``codegen.json``.
        flash_bytes: weights and commands that one run reads; ``None`` as above.
    """

    name: str
    jobs: float
    cycles: float
    estimated_cycles: int | None
    flash_bytes: int | None


@dataclass(frozen=True)
class NpuCosts:
    """What the NPU did in a run of steps.

    Attributes:
        cycles_kind: of the counter: ``modelled`` on virtual boards (without waiting for memory), else
            ``measured``.
        estimate: what Vela's estimates assume; ``None`` where there are none.
        blocks: [B], one for each block.
        every_step: jobs that no gate switches.
    """

    cycles_kind: str
    estimate: str | None
    blocks: tuple[NpuPart, ...]
    every_step: NpuPart

    def step_cycles(self, gates: ArrayLike) -> NDArray[np.float64]:
        """NPU cycles of steps, by the mean of every block's runs.

        Args:
            gates: bool [..., B].

        Returns:
            float64 [...].
        """
        costs = np.array([block.cycles for block in self.blocks])
        return self.every_step.cycles + np.asarray(gates, dtype=bool) @ costs


def npu_profile_of(device: Device) -> NpuProfile | None:
    """The NPU's sums, cleared together with the profile; ``None`` where the firmware has no NPU."""
    try:
        return device.npu_profile()
    except RequestRefusedError as error:
        if error.code in _ABSENT:
            return None
        raise


def npu_costs(
    profile: NpuProfile, runs: ArrayLike, names: Sequence[str], cycles_kind: str, table: JobTable | None
) -> NpuCosts:
    """The lane of a run.

    Args:
        profile: the board's sums.
        runs: int [B], steps that executed each block.
        names: [B], of the blocks.
        cycles_kind: of the board's counter.
        table: jobs of the code that the board runs, if it is at hand.
    """
    counts = np.asarray(runs, np.int64)
    blocks = tuple(
        _part(name, index, int(counts[index]), _sums(profile, index), table)
        for index, name in enumerate(names)
    )
    fixed = profile.before_jobs + profile.after_jobs, profile.before_cycles + profile.after_cycles
    every_step = _part("every step", EVERY_STEP, profile.steps, fixed, table)
    return NpuCosts(cycles_kind, table.estimate if table else None, blocks, every_step)


def _sums(profile: NpuProfile, index: int) -> tuple[int, int]:
    return int(profile.block_jobs[index]), int(profile.block_cycles[index])


def _part(name: str, block: int, runs: int, sums: tuple[int, int], table: JobTable | None) -> NpuPart:
    jobs, cycles = (total / runs if runs else 0.0 for total in sums)
    if table is None:
        return NpuPart(name, jobs, cycles, None, None)
    known = table.of(block)
    return NpuPart(name, jobs, cycles, known.estimated_cycles, known.flash_bytes)
