"""What every hardware-in-the-loop test starts from: speech, and stock TFLM's answers to it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.quantize.features.audio import read_audio
from skipstone.quantize.features.log_mel import log_mel, stack_steps
from skipstone.quantize.features.synthetic import speech_like
from skipstone.tools.device import Device

from .reference import Reference

STEPS = 2000


@pytest.fixture(scope="session")
def reference(model_bytes: bytes) -> Reference:
    """Stock TFLM and the NumPy integer model."""
    return Reference(model_bytes)


@pytest.fixture(scope="session")
def speech(pytestconfig: pytest.Config, device: Device) -> NDArray[np.int16]:
    """int16 [STEPS, samples of a step]: the demo clips one after the other, repeated; else synthetic."""
    samples = STEPS * device.info.frames_per_step * 160
    clips = sorted((pytestconfig.rootpath / "models" / "commands" / "clips").glob("*.wav"))
    once = np.concatenate([read_audio(clip) for clip in clips]) if clips else speech_like(samples, seed=7)
    return np.resize(once, samples).reshape(STEPS, -1)


@pytest.fixture(scope="session")
def features(speech: NDArray[np.int16], device: Device) -> NDArray[np.int8]:
    """int8 [STEPS, F] of ``speech``, by the host's front end."""
    return stack_steps(log_mel(speech.reshape(-1)), device.info.frames_per_step)


@pytest.fixture(autouse=True)
def fresh_stream(device: Device) -> Iterator[None]:
    """Every test begins with an empty stream, the arbitrators in charge, the dial at zero, no idle reset."""
    device.set_gates("arbitrator")
    device.set_threshold_offset(0)
    device.set_idle_reset(0)
    device.reset()
    yield
    device.set_gates("arbitrator")
