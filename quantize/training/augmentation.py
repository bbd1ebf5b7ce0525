"""Random changes of int8 features, so that a model meets more voices, rooms and levels than were recorded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.features.tables import hz_to_mel
from skipstone.quantize.training.corpus_shares import CorpusShare
from skipstone.quantize.training.hesitation import hesitate
from skipstone.quantize.training.noise import SILENCE, Values, mix_at_snr, mix_noise_floor
from skipstone.quantize.training.noise_recordings import NoiseRecordings
from skipstone.quantize.training.stage_recipe import Augmentation

Frames = NDArray[np.int8]

LOW_PASS_HZ = (3400.0, 3800.0)
LOW_PASS_SLOPE = 30.0
LOW_PASS_LOSS = (70.0, 160.0)
"""Units that a bin loses a bin further up, and at most: of the recordings of the Free Spoken Digit Dataset
(8 kHz, resampled to 16 kHz) the bins above 4 kHz are 70 units and more below those under 3.4 kHz."""

TRIM_PERCENTILES = (10, 95)
TRIM_LEVELS = (0.1, 0.35)
SHORTEST_TRIMMED = 20
"""Frames that are left at least where :func:`trim` cuts."""


class Augmenter:
    """Applies the augmentation of one stage.

    Args:
        recipe: what to apply.
        settings: of the front end, for the frequencies of the bins.
        noise: recordings to mix in; needed where ``recipe.noise`` is not zero.
    """

    def __init__(
        self, recipe: Augmentation, settings: FeatureSettings, noise: Sequence[CorpusShare] = ()
    ) -> None:
        self.recipe = recipe
        self.settings = settings
        self.noise = NoiseRecordings(noise)

    def __call__(self, clips: Sequence[Frames], generator: np.random.Generator) -> Frames:
        """Join ``clips``, int8 [frames, bins] each, to one utterance and change it; the length may change."""
        recipe = self.recipe
        values = self._join([self._spoken(clip, generator) for clip in clips], generator)
        if generator.random() < recipe.noise:
            values = mix_at_snr(
                values, self.noise.stretch(len(values), generator), generator.uniform(*recipe.snr)
            )
        if recipe.noise_floor and generator.random() < 0.5:
            values = mix_noise_floor(values, recipe.noise_floor, generator)
        values = values + (values > SILENCE) * generator.uniform(-recipe.gain, recipe.gain)
        if generator.random() < recipe.low_pass:
            values = low_pass(values, self.settings, generator)
        values = mask(values, recipe, generator)
        values = np.concatenate([_silence(int(generator.integers(0, recipe.lead + 1)), values), values])
        return np.clip(np.rint(values), -128, 127).astype(np.int8)

    def _spoken(self, clip: Frames, generator: np.random.Generator) -> Values:
        values = warp(clip.astype(np.float32), self.recipe, generator)
        if generator.random() < self.recipe.trim:
            values = trim(values, generator)
        return hesitate(values, generator) if generator.random() < self.recipe.hesitation else values

    def _join(self, clips: Sequence[Values], generator: np.random.Generator) -> Values:
        parts = [clips[0]]
        for clip in clips[1:]:
            low, high = self.recipe.pause
            parts += [_silence(int(generator.integers(low, high + 1)), clip), clip]
        return np.concatenate(parts)


def _silence(frames: int, like: Values) -> Values:
    return np.full((frames, like.shape[1]), SILENCE, np.float32)


def warp(values: Values, recipe: Augmentation, generator: np.random.Generator) -> Values:
    """Stretch the time axis (speed) and the bin axis (vocal tract length) by linear interpolation."""
    time = 1 + generator.uniform(-recipe.time_warp, recipe.time_warp)
    frequency = 1 + generator.uniform(-recipe.frequency_warp, recipe.frequency_warp)
    frames, bins = values.shape
    values = _interpolate(values, np.arange(max(1, int(frames / time))) * time)
    return _interpolate(values.T, np.arange(bins) * frequency).T


def trim(values: Values, generator: np.random.Generator) -> Values:
    """Cut the frames before the first loud one, but up to two; short utterances stay as they are.

    A frame is loud above a random share of the way from the quiet to the loud frames of the utterance.
    """
    loudness = values.mean(axis=1)
    quiet, loud = np.percentile(loudness, TRIM_PERCENTILES)
    first = int(np.argmax(loudness > quiet + generator.uniform(*TRIM_LEVELS) * (loud - quiet)))
    kept = max(0, first - int(generator.integers(0, 3)))
    return values[kept:] if len(values) - first > SHORTEST_TRIMMED else values


def _interpolate(values: Values, places: NDArray[np.floating]) -> Values:
    """Rows of ``values`` at fractional ``places``, clamped to the last row."""
    last = len(values) - 1
    places = np.clip(places, 0, last)
    low = places.astype(np.int64)
    part = (places - low).astype(np.float32)[:, None]
    return values[low] * (1 - part) + values[np.minimum(low + 1, last)] * part


def low_pass(values: Values, settings: FeatureSettings, generator: np.random.Generator) -> Values:
    """Take away what a telephone does: bins above a random edge fall by 30 units each, down to a random
    depth."""
    edge = generator.uniform(*LOW_PASS_HZ)
    low, high, cut = hz_to_mel([settings.low_hz, settings.high_hz, edge])
    place = (cut - low) / (high - low) * (settings.mel_bins + 1) - 1
    above = np.clip(np.arange(values.shape[1]) - place, 0, None)
    loss = np.minimum(above * LOW_PASS_SLOPE, generator.uniform(*LOW_PASS_LOSS)).astype(np.float32)
    return np.maximum(values - loss, SILENCE)


def mask(values: Values, recipe: Augmentation, generator: np.random.Generator) -> Values:
    """SpecAugment: replace random bands of bins and stretches of frames by the mean of the utterance."""
    frames, bins = values.shape
    fill = values.mean()
    for _ in range(recipe.frequency_masks):
        width = int(generator.integers(0, min(recipe.frequency_mask_bins, bins) + 1))
        start = int(generator.integers(0, bins - width + 1))
        values[:, start : start + width] = fill
    for _ in range(recipe.time_masks):
        width = int(generator.integers(0, min(recipe.time_mask_frames, frames) + 1))
        start = int(generator.integers(0, frames - width + 1))
        values[start : start + width] = fill
    return values
