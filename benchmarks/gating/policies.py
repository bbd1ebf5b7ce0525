"""Gates that do not come from a model: the baselines that learned arbitrators have to beat.

A policy turns the features of one utterance into its gate trace. The same trace serves training (as forced
gates), the integer evaluation and the board (gate source ``trace``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Trace = NDArray[np.bool_]
Features = NDArray[np.floating]


class GatePolicy(Protocol):
    """Decides the gates of one utterance from outside the model."""

    def trace(self, features: Features, draw: int) -> Trace:
        """Gate bits of an utterance.

        Args:
            features: [steps, features], log2 of the energy of each frame and mel bin.
            draw: number of the draw, for policies that use chance: the same number gives the same bits.

        Returns:
            bool [steps, blocks].
        """


@dataclass(frozen=True)
class EveryGate:
    """All blocks on at every step: the dense model."""

    blocks: int

    def trace(self, features: Features, draw: int) -> Trace:
        """See :class:`GatePolicy`."""
        return np.ones((len(features), self.blocks), np.bool_)


@dataclass(frozen=True)
class PeriodicGates:
    """Every block runs on the same share of the steps, evenly spaced.

    Block ``b`` of ``B`` runs at step ``t`` where ``⌊(t + 1) · share + b / B⌋`` is larger than
    ``⌊t · share + b / B⌋``: the offset ``b / B`` staggers the blocks, so that the work of a step is as even
    as the share allows.
    """

    share: float
    blocks: int

    def trace(self, features: Features, draw: int) -> Trace:
        """See :class:`GatePolicy`."""
        steps = np.arange(len(features) + 1)[:, None]
        whole = np.floor(steps * self.share + np.arange(self.blocks) / self.blocks)
        return np.diff(whole, axis=0) > 0


@dataclass(frozen=True)
class RandomGates:
    """Every block runs with the same probability, drawn anew for each step and block."""

    share: float
    blocks: int
    seed: int

    def trace(self, features: Features, draw: int) -> Trace:
        """See :class:`GatePolicy`."""
        generator = np.random.default_rng((self.seed, draw))
        return generator.random((len(features), self.blocks)) < self.share


@dataclass(frozen=True)
class EnergyGates:
    """All blocks run at steps louder than a threshold, none at the others (a voice activity detector).

    Attributes:
        threshold: log2 of the energy of a step, see :func:`step_energy`.
    """

    threshold: float
    blocks: int

    def trace(self, features: Features, draw: int) -> Trace:
        """See :class:`GatePolicy`."""
        loud = step_energy(features) > self.threshold
        return np.repeat(loud[:, None], self.blocks, axis=1)


def step_energy(features: Features) -> NDArray[np.float64]:
    """log2 of the energy of each step, summed over its frames and mel bins: float64 [steps]."""
    return np.logaddexp2.reduce(np.asarray(features, np.float64), axis=1)


def energy_threshold(energies: NDArray[np.float64], share: float) -> float:
    """The threshold that the given share of ``energies`` exceeds."""
    return float(np.quantile(energies, 1 - share))
