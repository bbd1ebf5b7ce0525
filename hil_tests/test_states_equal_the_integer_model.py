"""Every streaming state of the board equals the NumPy integer model's, oldest row first."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.tools.device import Device

from .reference import Reference


def check_states(device: Device, expected: dict[str, NDArray[np.int8]]) -> None:
    """Compare all states by name and bytes."""
    table = device.states()
    assert sorted(state.name for state in table) == sorted(name[:32] for name in expected)
    for state in table:
        name = next(name for name in expected if name[:32] == state.name)
        read = device.read_state(state.index)
        assert np.array_equal(read.reshape(-1), expected[name].reshape(-1)), f"state {name} differs"


def test_states_are_zero_points_after_reset(device: Device, reference: Reference) -> None:
    nothing = np.empty((0, device.info.feature_count), np.int8)
    check_states(device, reference.states(nothing, np.empty((0, reference.block_count), np.int8)))


@pytest.mark.parametrize("steps", [1, 3, 31, 32, 33, 240])
def test_states_after_a_gated_stream(
    steps: int, device: Device, reference: Reference, features: NDArray[np.int8]
) -> None:
    """Before, at and after the point where the rings wrap."""
    device.step_features(features[:steps], logits=False)
    check_states(device, reference.states(features[:steps], reference.biases("arbitrator", steps)))


@pytest.mark.parametrize("source", ["all", "none"])
def test_states_with_fixed_gates(
    source: str, device: Device, reference: Reference, features: NDArray[np.int8]
) -> None:
    """With no gate open only the ungated states move."""
    device.set_gates(source)
    device.step_features(features[:70], logits=False)
    check_states(device, reference.states(features[:70], reference.biases(source, 70)))


def test_states_after_random_masks(device: Device, reference: Reference, features: NDArray[np.int8]) -> None:
    """Every ring has its own phase."""
    masks = np.random.default_rng(3).random((150, reference.block_count)) < 0.4
    device.set_gates("trace")
    device.step_features(features[:150], masks, logits=False)
    check_states(device, reference.states(features[:150], reference.mask_biases(masks)))
