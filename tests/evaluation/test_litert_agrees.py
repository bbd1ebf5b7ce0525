"""LiteRT runs the same file. Its FULLY_CONNECTED rounds once, so outputs are close, not equal."""

from __future__ import annotations

import numpy as np
import pytest
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint, random_features
from skipstone.quantize.evaluation.litert import LiteRtRunner
from skipstone.quantize.evaluation.tflm import TflmRunner

pytest.importorskip("ai_edge_litert", reason="LiteRT is an optional extra")
STEPS = 200


@pytest.fixture(scope="module")
def model() -> bytes:
    return convert(random_checkpoint(21))


def test_one_block_differs_by_at_most_two_units(model: bytes) -> None:
    """From a reset state and with one block forced on, rounding has no room to add up."""
    features = random_features(12, 160, 1)
    litert, tflm = LiteRtRunner(model), TflmRunner(model)
    for block in (0, 1):
        bias = np.full((1, 12), -128, np.int8)
        bias[0, block] = 127
        tflm.reset()
        litert.reset()
        for row in features:
            ours, _ = tflm.step(row[None], bias)
            theirs, _ = litert.step(row[None], bias)
            assert np.abs(ours.astype(int) - theirs).max() <= 2


def test_gates_mostly_agree_and_outputs_stay_close(model: bytes) -> None:
    features = random_features(STEPS, 160, 2)
    litert, tflm = LiteRtRunner(model), TflmRunner(model)
    bias = np.zeros((1, 12), np.int8)
    pairs = [(tflm.step(row[None], bias), litert.step(row[None], bias)) for row in features]
    gates = np.mean([np.mean(ours[1] == theirs[1]) for ours, theirs in pairs])
    assert gates > 0.98
    difference = np.concatenate([ours[0].astype(int) - theirs[0] for ours, theirs in pairs])
    assert np.abs(difference).mean() < 3


def test_skipped_blocks_are_the_identity_in_litert_too(model: bytes) -> None:
    features = random_features(20, 160, 3)
    litert = LiteRtRunner(model)
    shut = np.full((1, 12), -128, np.int8)
    for row in features:
        _, gates = litert.step(row[None], shut)
        assert not gates.any()
