"""Logits and gate bits of the board equal stock TFLM's byte for byte, whatever decides the gates.

The arbitrators decide about the whole stream of speech, every other gate source about the first 200 steps of
it, or about all of it with ``SKIPSTONE_CONFORMANCE=all`` (``make conformance`` does so with an NPU).
"""

from __future__ import annotations

import os
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.tools.device import Device

from .conftest import STEPS
from .reference import Reference

FEW = STEPS if os.environ.get("SKIPSTONE_CONFORMANCE") == "all" else 200

Features = NDArray[np.int8]


def test_arbitrators_decide(device: Device, reference: Reference, features: Features) -> None:
    """The whole stream of speech, one step after the other, gates by the arbitrators."""
    expected = reference.tflm(features, reference.biases("arbitrator", len(features)))
    assert expected.gates.any()
    assert not expected.gates.all()
    expected.check(device.step_features(features))


@pytest.mark.parametrize("source", ["all", "none"])
def test_every_block_or_none(source: str, device: Device, reference: Reference, features: Features) -> None:
    device.set_gates(source)
    expected = reference.tflm(features[:FEW], reference.biases(source, FEW))
    expected.check(device.step_features(features[:FEW]))


def test_random_masks(device: Device, reference: Reference, features: Features) -> None:
    """A fixed mask for a while, then another one."""
    generator = np.random.default_rng(11)
    masks = np.repeat(generator.random((FEW // 10, reference.block_count)) < 0.5, 10, axis=0)
    expected = reference.tflm(features[:FEW], reference.mask_biases(masks))
    for first in range(0, FEW, 10):
        device.set_gates("mask", masks[first])
        rows = slice(first, first + 10)
        type(expected)(expected.logits[rows], expected.gates[rows]).check(
            device.step_features(features[rows])
        )


@pytest.mark.parametrize("density", [0.15, 0.5, 0.85])
def test_random_traces(density: float, device: Device, reference: Reference, features: Features) -> None:
    """Other bits at every step."""
    masks = np.random.default_rng(int(100 * density)).random((FEW, reference.block_count)) < density
    device.set_gates("trace")
    reference.tflm(features[:FEW], reference.mask_biases(masks)).check(
        device.step_features(features[:FEW], masks)
    )


def test_a_replayed_trace_gives_the_same_outputs(device: Device, features: Features) -> None:
    first = device.step_features(features[:FEW])
    device.set_gates("trace")
    device.reset()
    second = device.step_features(features[:FEW], first.gates)
    assert np.array_equal(first.gates, second.gates)
    assert np.array_equal(first.logits, second.logits)


def test_resets_in_mid_stream(device: Device, reference: Reference, features: Features) -> None:
    resets = (1, 2, 17, 150, 151, 190)
    expected = reference.tflm(features[:FEW], reference.biases("arbitrator", FEW), frozenset(resets))
    bounds = (0, *resets, FEW)
    for first, last in pairwise(bounds):
        device.reset()
        rows = slice(first, last)
        type(expected)(expected.logits[rows], expected.gates[rows]).check(
            device.step_features(features[rows])
        )


@pytest.mark.parametrize("offset", [-128, -9, -1, 1, 9, 127])
def test_the_threshold_dial(offset: int, device: Device, reference: Reference, features: Features) -> None:
    device.set_threshold_offset(offset)
    expected = reference.tflm(features[:100], reference.biases("arbitrator", 100, offset))
    expected.check(device.step_features(features[:100]))


def test_extreme_features(device: Device, reference: Reference) -> None:
    """Rails, single spikes and full-scale noise, all blocks on: where saturation and overflow would show."""
    width = device.info.feature_count
    generator = np.random.default_rng(5)
    noise = generator.integers(-128, 128, (60, width)).astype(np.int8)
    rails = np.where(generator.random((60, width)) < 0.5, -128, 127).astype(np.int8)
    rows = np.concatenate(
        [noise, rails, np.full((20, width), -128, np.int8), np.full((20, width), 127, np.int8)]
    )
    device.set_gates("all")
    reference.tflm(rows, reference.biases("all", len(rows))).check(device.step_features(rows))


def test_the_size_of_messages_does_not_matter(device: Device, features: Features) -> None:
    together = device.step_features(features[:45])
    device.reset()
    alone = [device.step_features(features[step : step + 1]) for step in range(45)]
    assert np.array_equal(together.logits, np.concatenate([batch.logits for batch in alone]))
