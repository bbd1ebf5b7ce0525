"""Mixing in the power domain: features are log2 of power, in eighths of an octave."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

SILENCE = -128
UNITS_PER_OCTAVE = 8
UNITS_PER_DECIBEL = UNITS_PER_OCTAVE * np.log2(10) / 10
_SPEECH_RANGE = 30 * UNITS_PER_DECIBEL


def add_powers(a: Values, b: Values) -> Values:
    """The sum of two powers, all in units: ``8 log2(2^(a/8) + 2^(b/8))``, element by element."""
    louder = np.maximum(a, b)
    return louder + UNITS_PER_OCTAVE * np.log2(1 + np.exp2(-np.abs(a - b) / UNITS_PER_OCTAVE))


def mean_power(values: Values) -> float:
    """Level in units of the mean power over ``values`` [frames, bins]."""
    return UNITS_PER_OCTAVE * float(np.log2(np.exp2(values.astype(np.float64) / UNITS_PER_OCTAVE).mean()))


def speech_power(values: Values) -> float:
    """Level of the frames whose loudest bin is within 30 dB of the loudest of all: pauses do not count."""
    peaks = values.max(axis=1)
    return mean_power(values[peaks >= peaks.max() - _SPEECH_RANGE])


def mix_at_snr(values: Values, noise: Values, snr: float) -> Values:
    """Add ``noise`` [any frames, bins] to ``values`` [frames, bins] so that speech is ``snr`` dB above it.

    The ratio is that of mean powers over mel bins, not over samples. A noise shorter than ``values`` is
    repeated. ``values`` without any sound are returned as they are: they have no level to relate to.
    """
    if values.max() <= SILENCE or noise.max() <= SILENCE:
        return values
    repeated = np.tile(noise, (-(-len(values) // len(noise)), 1))[: len(values)]
    shift = speech_power(values) - snr * UNITS_PER_DECIBEL - mean_power(noise)
    return add_powers(values, repeated + np.float32(shift))


def mix_noise_floor(values: Values, depth: int, generator: np.random.Generator) -> Values:
    """Add stationary noise of a random level, 0.6 to 1 times ``depth`` units below the loudest value, and a
    random smooth spectrum."""
    level = values.max() - generator.uniform(0.6, 1.0) * depth
    tilt = np.linspace(-1, 1, values.shape[1]) * generator.uniform(-12, 12)
    noise = (level + tilt + generator.normal(0, 3.0, values.shape)).astype(np.float32)
    return add_powers(values, noise)
