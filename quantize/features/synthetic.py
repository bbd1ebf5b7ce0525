"""Synthetic signals that exercise the front end without any recording: speech-like, noise, extremes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int16 = npt.NDArray[np.int16]

SAMPLE_RATE = 16000


def speech_like(samples: int, seed: int, peak: float = 0.5) -> Int16:
    """Return harmonics of a gliding pitch under moving formants, cut into syllables, over faint noise.

    Args:
        samples: number of samples at 16 kHz.
        seed: chooses pitch, formants and rhythm.
        peak: largest magnitude as a fraction of full scale.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(samples) / SAMPLE_RATE
    pitch = rng.uniform(90, 230) * 2.0 ** (0.2 * np.sin(2 * np.pi * rng.uniform(0.5, 2) * time))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    formants = [
        centre * 2.0 ** (0.3 * np.sin(2 * np.pi * rng.uniform(1, 4) * time + rng.uniform(0, 6)))
        for centre in (500.0, 1500.0, 2500.0, 3500.0)
    ]
    voice = np.zeros(samples)
    for harmonic in range(1, 40):
        frequency = harmonic * pitch
        gain = sum(1.0 / (1.0 + ((frequency - formant) / 120.0) ** 2) for formant in formants)
        voice += np.where(frequency < 7800, gain / harmonic, 0.0) * np.sin(harmonic * phase)
    syllables = np.clip(np.sin(2 * np.pi * rng.uniform(2, 5) * time) + 0.3, 0, None)
    fricative = rng.standard_normal(samples) * np.clip(np.sin(2 * np.pi * 1.7 * time) - 0.7, 0, None)
    signal = voice * syllables + fricative + 1e-3 * rng.standard_normal(samples)
    return np.rint(signal * (peak * 32767 / np.abs(signal).max())).astype(np.int16)


def noise(samples: int, seed: int, amplitude: int) -> Int16:
    """Return uniform white noise within ``[-amplitude, amplitude]``, at most 32767."""
    return np.random.default_rng(seed).integers(-amplitude, amplitude + 1, samples).astype(np.int16)


def extremes(samples: int) -> dict[str, Int16]:
    """Return named signals at the limits of int16: constants, square waves, impulses, silence."""
    index = np.arange(samples)
    squares = {
        f"square wave of {2 * half} samples": np.where(index // half % 2, -32768, 32767)
        for half in (1, 2, 3, 7, 16, 50, 133, 256)
    }
    aligned = {
        f"full scale in phase with bin {k}": np.where(np.cos(2 * np.pi * k * index / 512) < 0, -32768, 32767)
        for k in (2, 37, 101, 128, 200, 243, 255)
    }
    impulses = {
        f"impulses of {value}": np.where(index % 613 == 5, value, 0) for value in (-32768, -1, 1, 32767)
    }
    signals = {
        "silence": np.zeros(samples),
        "constant 32767": np.full(samples, 32767),
        "constant -32768": np.full(samples, -32768),
        "constant 1": np.ones(samples),
        **squares,
        **aligned,
        **impulses,
    }
    return {name: signal.astype(np.int16) for name, signal in signals.items()}
