"""STEP_PCM: the device computes the features of the Python front end, and the model runs on them."""

from __future__ import annotations

import numpy as np
from host_app import HostApp
from numpy.typing import NDArray
from skipstone.quantize.features.log_mel import log_mel
from skipstone.tools.protocol import messages as m

SAMPLES, FEATURES = 640, 160


def noise(steps: int) -> NDArray[np.int16]:
    generator = np.random.default_rng(3)
    return (generator.normal(0, 2000, (steps, SAMPLES)) * np.linspace(0, 2, SAMPLES)).astype(np.int16)


def pcm(samples: NDArray[np.int16], flags: int) -> m.StepPcmRequest:
    return m.StepPcmRequest(len(samples), flags, samples.shape[1], 2, samples, None)


def test_features_equal_pythons_over_many_messages(listening_app: HostApp) -> None:
    hello = listening_app.ask(m.HelloRequest())
    assert isinstance(hello, m.HelloReply)
    assert hello.samples_per_step == SAMPLES
    samples = noise(30)
    parts, gates = [], []
    for start in range(0, 30, 3):
        reply = listening_app.ask(pcm(samples[start : start + 3], m.StepFlags.FEATURES))
        assert isinstance(reply, m.StepPcmReply)
        assert list(reply.front_end_instructions) == [10, 10, 10]
        assert reply.logits is None
        parts.append(reply.features)
        gates.append(np.unpackbits(reply.gates, axis=1, bitorder="little")[:, :10])
    features = np.concatenate(parts)
    np.testing.assert_array_equal(features, log_mel(samples.ravel()).reshape(30, FEATURES))
    np.testing.assert_array_equal(np.concatenate(gates).astype(bool), features[:, :10] > 0)


def test_reset_forgets_the_audio(listening_app: HostApp) -> None:
    samples = noise(1)
    first = listening_app.ask(pcm(samples, m.StepFlags.FEATURES))
    second = listening_app.ask(pcm(samples, m.StepFlags.FEATURES))
    listening_app.ask(m.ResetRequest())
    third = listening_app.ask(pcm(samples, m.StepFlags.FEATURES))
    assert isinstance(first, m.StepPcmReply) and isinstance(second, m.StepPcmReply)
    assert isinstance(third, m.StepPcmReply)
    assert not np.array_equal(first.features, second.features)
    np.testing.assert_array_equal(first.features, third.features)


def test_front_end_cost_is_kept_apart(listening_app: HostApp) -> None:
    listening_app.ask(pcm(noise(3), 0))
    profile = listening_app.ask(m.ProfileRequest(0, 0))
    assert isinstance(profile, m.ProfileReply)
    assert (profile.steps, profile.front_end_instructions, profile.front_end_cycles) == (3, 30, 60)


def test_samples_of_another_step_length_are_refused(listening_app: HostApp) -> None:
    reply = listening_app.ask(pcm(noise(1)[:, :320], 0))
    assert isinstance(reply, m.ErrorReply)
    assert (reply.code, reply.detail) == (m.ErrorCode.BAD_SHAPE, SAMPLES)
