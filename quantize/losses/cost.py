"""The price of compute: λ · max(0, C − C*), with schedules that tighten it gently."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class CostSchedule:
    """How λ and C* move over a stage.

    Both move linearly over the first ``ramp`` of the stage: λ from 0 to ``weight``, C* from ``start`` to
    ``target``. (From dense weights, an immediate λ = 4 shuts the gates within epochs and accuracy
    recovers slowly.)
    """

    weight: float
    target: float
    start: float = 1.0
    ramp: float = 0.5

    def at(self, progress: float) -> tuple[float, float]:
        """(λ, C*) at ``progress`` in 0…1 of the stage."""
        part = 1.0 if self.ramp <= 0 else min(1.0, progress / self.ramp)
        return self.weight * part, self.start + (self.target - self.start) * part


def cost_loss(compute_fraction: Tensor, weight: float, target: float) -> Tensor:
    """λ · max(0, C − C*) of a scalar compute fraction."""
    return weight * (compute_fraction - target).clamp(min=0)
