"""After a pause in which no block ran the board forgets the stream, as the reference does with stock TFLM."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.tools.device import Device

from .reference import Reference

IDLE = 6


@pytest.fixture
def pauses(device: Device) -> NDArray[np.bool_]:
    """bool [n, B]: random masks with pauses of 1 to 15 steps between them, once after few executed steps."""
    if not device.info.block_count:
        pytest.skip("the model has no gated block")
    generator = np.random.default_rng(4)
    parts = []
    for pause in (IDLE - 1, IDLE, 1, IDLE + 1, 15, 2, 2 * IDLE):
        masks = generator.random((12, device.info.block_count)) < 0.5
        masks[-1, 0] = True  # a pause begins after a step that runs something
        parts += [masks, np.zeros((pause, device.info.block_count), np.bool_)]
    few = np.concatenate([parts[0][-2:], np.zeros((2 * IDLE, device.info.block_count), np.bool_)])
    return np.concatenate([*parts, few, parts[0]])


def test_pauses_reset_the_stream(
    device: Device, reference: Reference, features: NDArray[np.int8], pauses: NDArray[np.bool_]
) -> None:
    device.set_gates("trace")
    device.set_idle_reset(IDLE)
    expected = reference.tflm(features[: len(pauses)], reference.mask_biases(pauses), idle_reset=IDLE)
    expected.check(device.step_features(features[: len(pauses)], pauses))


def test_a_board_that_is_not_told_so_remembers(
    device: Device, reference: Reference, features: NDArray[np.int8], pauses: NDArray[np.bool_]
) -> None:
    device.set_gates("trace")
    biases = reference.mask_biases(pauses)
    expected = reference.tflm(features[: len(pauses)], biases)
    expected.check(device.step_features(features[: len(pauses)], pauses))
    forgetful = reference.tflm(features[: len(pauses)], biases, idle_reset=IDLE)
    assert (forgetful.logits != expected.logits).any(), "the pauses of this test make no difference"


def test_one_pause_costs_one_reset(device: Device, features: NDArray[np.int8]) -> None:
    """The states are cleared in the step that ends the pause, and in no other."""
    if device.info.instructions_kind == "none":
        pytest.skip("the board counts no instructions")
    device.set_idle_reset(IDLE)
    device.set_gates("all")
    device.step_features(features[:IDLE])
    device.set_gates("none")
    counts = device.step_features(features[: 4 * IDLE]).instructions.astype(np.int64)
    plain = np.median(counts)
    assert np.flatnonzero(counts > plain + 500).tolist() == [IDLE - 1]
