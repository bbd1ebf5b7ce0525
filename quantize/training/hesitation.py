"""Speech as people record it: background before, after and inside the utterance.

The loudness of rooms between words teaches a streaming model that silence is no end, and arbitrators that
it is no work. (Real orders of a voice assistant: 1.6 s before and 3.8 s after the words in the median, and
pauses of 0.6 s inside.)
"""

from __future__ import annotations

import numpy as np
from skipstone.quantize.training.noise import SILENCE, Values

LEAD_FRAMES, PAUSE_FRAMES, TAIL_FRAMES = 220, (10, 100), 260
QUIET_PERCENTILE = 30
"""Pauses go where the loudness, smoothed over five frames, is a local minimum below this percentile."""
LEVELS = (-115.0, -35.0)
"""Background of clips that hold digital silence, in units of the features."""


def hesitate(values: Values, generator: np.random.Generator) -> Values:
    """Add background before and after, and up to two pauses at quiet places, to float32 [frames, bins]."""
    loudness = values.mean(1)
    level = _background_level(loudness, generator)
    parts = []
    if generator.random() < 0.6:
        parts.append(_background(int(generator.integers(0, LEAD_FRAMES)), values, level, generator))
    begin = 0
    for place in _quiet_places(loudness, generator):
        parts.append(values[begin:place])
        parts.append(_background(int(generator.integers(*PAUSE_FRAMES)), values, level, generator))
        begin = place
    parts.append(values[begin:])
    if generator.random() < 0.6:
        parts.append(_background(int(generator.integers(0, TAIL_FRAMES)), values, level, generator))
    return np.concatenate(parts)


def _background_level(loudness: Values, generator: np.random.Generator) -> float:
    if generator.random() < 0.35:
        return float(SILENCE)
    if loudness.min() < -100:
        return float(generator.uniform(*LEVELS))
    return float(np.percentile(loudness, 12))


def _background(frames: int, values: Values, level: float, generator: np.random.Generator) -> Values:
    """Noise of a random tilt around ``level``."""
    bins = values.shape[1]
    tilt = np.linspace(-1, 1, bins) * generator.uniform(-15, 15)
    noise = level + tilt + generator.normal(0, 4, (frames, bins))
    return np.maximum(noise, SILENCE).astype(np.float32)


def _quiet_places(loudness: Values, generator: np.random.Generator) -> list[int]:
    """Up to two frames where a pause sounds natural, ascending; none in short clips and in 40 % of the
    others."""
    frames = len(loudness)
    if frames <= 120 or generator.random() >= 0.6:
        return []
    smooth = np.convolve(loudness, np.ones(5) / 5, "same")
    quiet = np.percentile(smooth, QUIET_PERCENTILE)
    places = [
        frame
        for frame in range(15, frames - 45)
        if smooth[frame] <= quiet and smooth[frame] == smooth[frame - 8 : frame + 9].min()
    ]
    chosen = generator.permutation(len(places))[: int(generator.integers(1, 3))]
    return sorted(places[index] for index in chosen)
