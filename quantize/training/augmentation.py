"""Random changes of int8 features, so that a model meets more voices, rooms and levels than were recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.training.recipe import Augmentation

SILENCE = -128

Frames = NDArray[np.int8]


def augment(frames: Frames, recipe: Augmentation, generator: np.random.Generator) -> Frames:
    """Apply every augmentation of ``recipe`` once to int8 [frames, bins]; the length may change."""
    values = warp(frames.astype(np.float32), recipe, generator)
    values = mix_noise_floor(values, recipe.noise_floor, generator)
    voiced = values > SILENCE
    values += voiced * generator.uniform(-recipe.gain, recipe.gain)
    values = mask(values, recipe, generator)
    lead = np.full((int(generator.integers(0, recipe.lead + 1)), values.shape[1]), SILENCE, np.float32)
    return np.clip(np.rint(np.concatenate([lead, values])), -128, 127).astype(np.int8)


def warp(
    values: NDArray[np.float32], recipe: Augmentation, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Stretch the time axis (speed) and the bin axis (vocal tract length) by linear interpolation."""
    time = 1 + generator.uniform(-recipe.time_warp, recipe.time_warp)
    frequency = 1 + generator.uniform(-recipe.frequency_warp, recipe.frequency_warp)
    frames, bins = values.shape
    values = _interpolate(values, np.arange(int(frames / time)) * time)
    return _interpolate(values.T, np.arange(bins) * frequency).T


def _interpolate(values: NDArray[np.float32], places: NDArray[np.floating]) -> NDArray[np.float32]:
    """Rows of ``values`` at fractional ``places``, clamped to the last row."""
    last = len(values) - 1
    places = np.clip(places, 0, last)
    low = places.astype(np.int64)
    part = (places - low).astype(np.float32)[:, None]
    return values[low] * (1 - part) + values[np.minimum(low + 1, last)] * part


def mix_noise_floor(
    values: NDArray[np.float32], depth: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Add stationary noise of a random level and a random smooth spectrum, in the power domain (log2 /
    8 units)."""
    if depth == 0 or generator.random() < 0.5:
        return values
    level = values.max() - generator.uniform(0.6, 1.0) * depth
    tilt = np.linspace(-1, 1, values.shape[1]) * generator.uniform(-12, 12)
    noise = (level + tilt + generator.normal(0, 3.0, values.shape)).astype(np.float32)
    high = np.maximum(values, noise)
    return high + 8 * np.log2(1 + np.exp2(-np.abs(values - noise) / 8))


def mask(
    values: NDArray[np.float32], recipe: Augmentation, generator: np.random.Generator
) -> NDArray[np.float32]:
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
