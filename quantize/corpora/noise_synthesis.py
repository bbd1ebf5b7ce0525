"""Noise made from nothing, or from speech: for training without recordings of noise.

Three kinds, in turn: *babble* (several talkers at once), *coloured* (a random slope of the spectrum, at times
with a resonance, slowly modulated) and *kitchen* (mains hum, and clatter that decays).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.corpus_folder import SAMPLE_RATE, manifest_of, write_corpus
from skipstone.quantize.corpora.waveform import Samples, to_float
from skipstone.quantize.features.audio import read_audio

PEAK = 0.5


def babble(speech: Sequence[Path], count: int, generator: np.random.Generator) -> Samples:
    """5 to 12 talkers, each saying random recordings with pauses of up to half a second; float64 [count]."""
    mixture = np.zeros(count)
    for _ in range(int(generator.integers(5, 13))):
        place = 0
        while place < count:
            spoken = to_float(read_audio(speech[int(generator.integers(len(speech)))]))[: count - place]
            mixture[place : place + len(spoken)] += spoken * generator.uniform(0.4, 1)
            place += len(spoken) + int(generator.integers(1, SAMPLE_RATE // 2))
    return mixture


def coloured(count: int, resonates: bool, generator: np.random.Generator) -> Samples:
    """Noise with a power spectrum of ``1/f`` to the power of 0 to 2.4; float64 [count]."""
    spectrum = np.fft.rfft(generator.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / SAMPLE_RATE) + 20
    spectrum *= frequency ** -generator.uniform(0, 1.2)
    if resonates:
        centre, width = generator.uniform(200, 5000), generator.uniform(50, 800)
        spectrum *= 1 + 4 * np.exp(-(((frequency - centre) / width) ** 2))
    loudness = np.interp(np.arange(count), np.linspace(0, count, 40), generator.uniform(0.3, 1, 40))
    return np.fft.irfft(spectrum, count) * loudness


def kitchen(count: int, generator: np.random.Generator) -> Samples:
    """Hum of 50 to 120 Hz with eleven overtones, a floor, two clatters a second; float64 [count]."""
    time = np.arange(count) / SAMPLE_RATE
    base = generator.uniform(50, 120)
    noise = 0.1 * generator.standard_normal(count)
    for overtone in range(1, 12):
        noise += np.sin(2 * np.pi * base * overtone * time + generator.uniform(0, 2 * np.pi)) / overtone
    for place in generator.integers(0, count, 2 * count // SAMPLE_RATE):
        length = min(int(generator.integers(400, 4000)), count - int(place))
        decay = np.exp(-np.arange(length) / generator.uniform(60, 900))
        noise[place : place + length] += generator.uniform(1, 6) * generator.standard_normal(length) * decay
    return noise


def make_noises(
    folder: Path,
    speech: Sequence[Path],
    count: int,
    seconds: float,
    seed: int,
    advance: Callable[[], None] = lambda: None,
) -> Path:
    """Write ``count`` recordings and their manifest (texts empty) into ``folder``.

    Args:
        speech: recordings for babble; without any the other kinds are made.
        seconds: of each.

    Returns:
        The manifest.

    Raises:
        FeatureError: a recording cannot be read.
        CorpusFolderError: ``folder`` holds something else.
    """
    samples = round(seconds * SAMPLE_RATE)
    with write_corpus(folder) as corpus:
        for index in range(count):
            generator = np.random.default_rng((seed, index))
            kind, noise = _noise(index, speech, samples, generator)
            corpus.add(f"{index:03d}_{kind}", _level(noise), {"text": "", "domain": kind})
            advance()
    return manifest_of(folder)


def _noise(
    index: int, speech: Sequence[Path], samples: int, generator: np.random.Generator
) -> tuple[str, Samples]:
    kinds = ("babble", "coloured", "kitchen") if speech else ("coloured", "kitchen")
    kind = kinds[index % len(kinds)]
    if kind == "babble":
        return kind, babble(speech, samples, generator)
    if kind == "coloured":
        return kind, coloured(samples, bool(generator.integers(2)), generator)
    return kind, kitchen(samples, generator)


def _level(noise: Samples) -> NDArray[np.int16]:
    return np.rint(noise * (32767 * PEAK / np.abs(noise).max())).astype(np.int16)
