"""A profile of one run: cost per step and per block, with the kind of every figure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skipstone.tools.npu.costs import NpuCosts
from skipstone.tools.profile.energy import EnergyModel


@dataclass(frozen=True)
class StepTable:
    """One row a step: gates bool [n, B], instructions uint32 [n], cycles uint32 [n]."""

    gates: NDArray[np.bool_]
    instructions: NDArray[np.uint32]
    cycles: NDArray[np.uint32]

    def __len__(self) -> int:
        """Number of steps."""
        return len(self.instructions)


@dataclass(frozen=True)
class PartCost:
    """Cost of one block, or of a fixed part of the step.

    Attributes:
        name: such as ``layer0/mha``; fixed parts are ``before``, ``after`` and ``dispatch``.
        runs: steps that executed it.
        skips: steps that skipped it.
        instructions: mean of an executed run.
        cycles: mean of an executed run.
        energy_uj: active energy of an executed run, in microjoule.
        share: of all instructions of the run, 0 … 1.
        macs: multiply-accumulates of a run of a block; 0 for the fixed parts (the board does not tell).
    """

    name: str
    runs: int
    skips: int
    instructions: float
    cycles: float
    energy_uj: float
    share: float
    macs: int = 0


@dataclass(frozen=True)
class CostProfile:
    """What a run of steps cost on one board.

    Attributes:
        board: board name.
        gates: gate source of the run.
        model_sha256: digest of the .tflite.
        clock_hz: core clock.
        instructions_kind: ``exact``, ``measured`` or ``none``.
        cycles_kind: ``modelled``, ``measured`` or ``none``.
        cycles_source: where the cycles come from.
        cycles_uncertainty_percent: expected error of modelled cycles; 0 for measured ones.
        energy: coefficients of the energy model.
        steps: the step table.
        blocks: [B] cost of each block.
        fixed: parts of the step that always run.
        npu: what an NPU did meanwhile; ``None`` where the firmware has none. The CPU sleeps then, which its
            own figures leave out.
    """

    board: str
    gates: str
    model_sha256: str
    clock_hz: int
    instructions_kind: str
    cycles_kind: str
    cycles_source: str
    cycles_uncertainty_percent: int
    energy: EnergyModel
    steps: StepTable
    blocks: tuple[PartCost, ...]
    fixed: tuple[PartCost, ...]
    npu: NpuCosts | None = None

    @property
    def mean_instructions(self) -> float:
        """Instructions of a step, mean."""
        return float(self.steps.instructions.mean())

    @property
    def mean_cycles(self) -> float:
        """Cycles of a step, mean."""
        return float(self.steps.cycles.mean())

    @property
    def mean_energy_uj(self) -> float:
        """Energy of a step period, floor included, mean."""
        return self.energy.idle_uj + self.energy.active_uj(self.mean_cycles)

    @property
    def load(self) -> float:
        """Share of the step period in which the core works (cycles over clock · period)."""
        return self.mean_cycles / (self.clock_hz * self.energy.step_seconds)

    def predict_step_cost(self, gates: ArrayLike) -> NDArray[np.float64]:
        """Predicted instructions of steps: the fixed parts plus the open blocks.

        Args:
            gates: bool [..., B]. A block that never ran in this profile counts as 0: predict from a profile
                with gate source ``all``.

        Returns:
            float64 [...].
        """
        costs = np.array([block.instructions for block in self.blocks])
        return sum(part.instructions for part in self.fixed) + np.asarray(gates, dtype=bool) @ costs

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; the gate bits of a step become a string of ``0`` and ``1``, block 0 first."""
        data = asdict(self)
        data["version"] = 1
        data["steps"] = {
            "gates": ["".join("1" if bit else "0" for bit in row) for row in self.steps.gates],
            "instructions": self.steps.instructions.tolist(),
            "cycles": self.steps.cycles.tolist(),
        }
        if self.npu is not None:
            data["steps"]["npu_cycles"] = self.npu.step_cycles(self.steps.gates).tolist()
        data["mean"] = {
            "instructions": self.mean_instructions,
            "cycles": self.mean_cycles,
            "energy_uj": self.mean_energy_uj,
            "load": self.load,
        }
        return data
