"""Changes to recordings that leave what is said as it is: speed, level, noise, band (rooms: ``rooms.py``).

Samples are float64 with full scale ±1 at 16 kHz throughout; :func:`to_float` and :func:`to_pcm` are the way
in and out.
"""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray
from skipstone.quantize.errors import SkipstoneError

SAMPLE_RATE = 16000
_FRAME = 400
"""25 ms, the frame of level measurements."""
ACTIVE_DB = 40.0
"""A frame counts as active when its power is within so many decibels of the loudest one."""

Samples = NDArray[np.float64]


class WaveformError(SkipstoneError):
    """A change cannot be made: an argument is out of range, or the sound has no power."""


def to_float(pcm: NDArray[np.int16]) -> Samples:
    """int16 [n] as float64 [n], full scale ±1."""
    return pcm.astype(np.float64) / 32768.0


def to_pcm(samples: Samples) -> NDArray[np.int16]:
    """float64 [n] as int16 [n]; where the peak exceeds full scale the whole is scaled down, not clipped."""
    peak = float(np.abs(samples).max(initial=0.0))
    limit = 32767.0 / 32768.0
    scaled = samples * (limit / peak) if peak > limit else samples
    return np.rint(scaled * 32768.0).astype(np.int16)


def active_frames(samples: Samples) -> NDArray[np.bool_]:
    """Which 25 ms frames hold sound, bool [⌈n / 400⌉]: power within :data:`ACTIVE_DB` of the loudest frame.

    All False for digital silence.
    """
    count = -(-len(samples) // _FRAME)
    padded = np.zeros(count * _FRAME)
    padded[: len(samples)] = samples
    power = np.square(padded.reshape(count, _FRAME)).mean(axis=1)
    return (power > 0) & (power >= power.max(initial=0.0) * 10 ** (-ACTIVE_DB / 10))


def active_span(samples: Samples) -> tuple[float, float]:
    """Seconds from the start of the first active frame to the end of the last; (0, 0) for silence."""
    active = np.flatnonzero(active_frames(samples))
    if not len(active):
        return 0.0, 0.0
    end = min((int(active[-1]) + 1) * _FRAME, len(samples))
    return int(active[0]) * _FRAME / SAMPLE_RATE, end / SAMPLE_RATE


def active_power(samples: Samples) -> float:
    """Mean power of the active frames; pauses do not count, so a long pause does not lower the level."""
    active = np.repeat(active_frames(samples), _FRAME)[: len(samples)]
    return float(np.square(samples[active]).mean()) if active.any() else 0.0


def change_speed(samples: Samples, speed: float) -> Samples:
    """Play ``speed`` times as fast, [n] → [n / speed], n ≥ 1; pitch and formants follow, as with a tape.

    Raises:
        WaveformError: ``speed`` is outside 0.25–4.
    """
    if not 0.25 <= speed <= 4.0:
        raise WaveformError(f"speed {speed:g} is out of range", "use a factor between 0.25 and 4")
    changed = soxr.resample(samples, SAMPLE_RATE * speed, SAMPLE_RATE, quality="HQ")
    return changed if len(changed) else samples[:1]


def change_gain(samples: Samples, decibels: float) -> Samples:
    """Amplify by ``decibels``."""
    return samples * 10 ** (decibels / 20)


def narrow_band(samples: Samples) -> Samples:
    """What is left of [n] after a recording at 8 kHz: nothing above 4 kHz."""
    low = soxr.resample(samples, SAMPLE_RATE, SAMPLE_RATE // 2, quality="HQ")
    wide = soxr.resample(low, SAMPLE_RATE // 2, SAMPLE_RATE, quality="HQ")
    kept = wide[: len(samples)]
    return np.pad(kept, (0, len(samples) - len(kept)))


def add_noise(speech: Samples, noise: Samples, snr_db: float, generator: np.random.Generator) -> Samples:
    """``speech`` [n] with ``noise`` [any length] behind it.

    The excerpt of the noise starts anywhere; a shorter noise is repeated. The signal-to-noise ratio is that
    of :func:`active_power` of the speech to the mean power of the excerpt.

    Raises:
        WaveformError: the noise has no power.
    """
    start = int(generator.integers(len(noise))) if len(noise) else 0
    excerpt = np.resize(np.roll(noise, -start), len(speech))
    power = float(np.square(excerpt).mean()) if len(excerpt) else 0.0
    if power == 0.0:
        raise WaveformError("the noise is silent", "leave it out of the noise recordings")
    return speech + excerpt * np.sqrt(active_power(speech) / (power * 10 ** (snr_db / 10)))
