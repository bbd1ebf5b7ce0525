"""After a pause in which next to no block ran the board forgets the stream, as the reference does with stock
TFLM."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.quantize.evaluation.idle_reset import IdleRule
from skipstone.tools.device import Device

from .reference import Reference

RULE = IdleRule(steps=6, blocks=1)
IDLE = RULE.steps


@pytest.fixture
def pauses(device: Device) -> NDArray[np.bool_]:
    """bool [n, B]: random masks with pauses of 1 to 15 steps between them, once after few executed steps; the
    first step of a pause still runs the last block."""
    if not device.info.block_count:
        pytest.skip("the model has no gated block")
    generator = np.random.default_rng(4)
    parts = []

    def idle(steps: int) -> NDArray[np.bool_]:
        masks = np.zeros((steps, device.info.block_count), np.bool_)
        masks[0, -1] = True
        return masks

    for pause in (IDLE - 1, IDLE, 1, IDLE + 1, 15, 2, 2 * IDLE):
        masks = generator.random((12, device.info.block_count)) < 0.5
        masks[-1, :2] = True  # a pause begins after a step that is not idle
        parts += [masks, idle(pause)]
    few = np.concatenate([parts[0][-2:], idle(2 * IDLE)])
    return np.concatenate([*parts, few, parts[0]])


def test_pauses_reset_the_stream(
    device: Device, reference: Reference, features: NDArray[np.int8], pauses: NDArray[np.bool_]
) -> None:
    device.set_gates("trace")
    device.set_idle_reset(RULE.steps, RULE.blocks)
    expected = reference.tflm(features[: len(pauses)], reference.mask_biases(pauses), idle_rule=RULE)
    expected.check(device.step_features(features[: len(pauses)], pauses))


def test_a_board_that_is_not_told_so_remembers(
    device: Device, reference: Reference, features: NDArray[np.int8], pauses: NDArray[np.bool_]
) -> None:
    device.set_gates("trace")
    biases = reference.mask_biases(pauses)
    expected = reference.tflm(features[: len(pauses)], biases)
    expected.check(device.step_features(features[: len(pauses)], pauses))
    forgetful = reference.tflm(features[: len(pauses)], biases, idle_rule=RULE)
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
