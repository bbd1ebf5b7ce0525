"""Gate policies: rates, reproducibility, thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import EnergyGates, EveryGate, PeriodicGates, RandomGates, energy_threshold, step_energy

FEATURES = np.random.default_rng(1).normal(0, 4, (400, 160))


def test_dense_opens_everything() -> None:
    assert EveryGate(3).trace(FEATURES, 0).all()
    assert EveryGate(3).trace(FEATURES, 0).shape == (400, 3)


@given(st.floats(0.05, 1.0), st.integers(1, 12), st.integers(1, 300))
def test_every_block_of_the_periodic_pattern_runs_at_its_share(share: float, blocks: int, steps: int) -> None:
    runs = PeriodicGates(share, blocks).trace(FEATURES[:1].repeat(steps, 0), 0).sum(0)
    assert (abs(runs - share * steps) < 1).all()


def test_periodic_pattern_spreads_the_work_over_the_steps() -> None:
    per_step = PeriodicGates(0.25, 8).trace(FEATURES, 0).sum(1)
    assert set(per_step) == {2}


def test_random_gates_follow_seed_and_draw() -> None:
    gates = RandomGates(0.4, 8, seed=1)
    first = gates.trace(FEATURES, 5)
    assert (gates.trace(FEATURES, 5) == first).all()
    assert (gates.trace(FEATURES, 6) != first).any()
    assert (RandomGates(0.4, 8, seed=2).trace(FEATURES, 5) != first).any()
    assert abs(first.mean() - 0.4) < 0.03


def test_energy_is_that_of_the_sum_of_powers() -> None:
    small = FEATURES[:5] / 10
    assert step_energy(small) == pytest.approx(np.log2(np.exp2(small).sum(1)))


@given(st.floats(0.05, 0.95))
def test_the_threshold_opens_the_share_that_was_asked_for(share: float) -> None:
    threshold = energy_threshold(step_energy(FEATURES), share)
    trace = EnergyGates(threshold, 4).trace(FEATURES, 0)
    assert abs(trace.mean() - share) <= 1.5 / len(FEATURES)
    assert (trace == trace[:, :1]).all(), "all blocks or none"


def test_loud_steps_are_open() -> None:
    features = np.full((10, 160), -16.0)
    features[4:6] = 3.0
    assert EnergyGates(0.0, 2).trace(features, 0)[:, 0].nonzero()[0].tolist() == [4, 5]
