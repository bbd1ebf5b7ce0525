"""Energy of a step from its cycles, by the coefficients of the board file.

``energy = cycles · active_nj_per_cycle + period · idle_mw``: what active cycles add, on top of a floor that
flows for the whole step period whether the core works or sleeps. The kind of the figure is that of the
coefficients, and never better than ``estimated`` when the cycles are modelled.
"""

from __future__ import annotations

from dataclasses import dataclass

from skipstone.firmware.codegen.boards import Board

FRAME_SECONDS = 0.010


@dataclass(frozen=True)
class EnergyModel:
    """Coefficients for one board and one step period.

    Attributes:
        active_nj_per_cycle: nanojoule that an active cycle adds to the floor.
        idle_mw: power of the floor in milliwatt.
        step_seconds: period of a step.
        kind: ``measured``, ``datasheet`` or ``estimated``.
        source: where the coefficients come from.
    """

    active_nj_per_cycle: float
    idle_mw: float
    step_seconds: float
    kind: str
    source: str

    @classmethod
    def of(cls, board: Board, frames_per_step: int, cycles_kind: str) -> EnergyModel:
        """Coefficients of ``board``; ``cycles_kind`` is ``measured`` or ``modelled``."""
        energy = board.energy
        kind = energy.kind if cycles_kind == "measured" else "estimated"
        return cls(
            energy.active_nj_per_cycle, energy.idle_mw, frames_per_step * FRAME_SECONDS, kind, energy.source
        )

    @property
    def idle_uj(self) -> float:
        """Floor of one step period in microjoule."""
        return self.idle_mw * self.step_seconds * 1000.0

    def active_uj(self, cycles: float) -> float:
        """What ``cycles`` add to the floor, in microjoule."""
        return cycles * self.active_nj_per_cycle / 1000.0
