"""The corpora of the study: synthesized commands (training, ``dev``) and real digits (``real_digits``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.feature_cache import CorpusFeatures, corpus_features
from skipstone.quantize.corpora.manifest import Utterance, read_manifest, transcribed
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.log_mel import TAIL_STEPS, stack_steps
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.features.tables import hz_to_mel
from skipstone.quantize.training.batches import BatchSource

REAL_DIGITS = "fsdd/"
"""Recordings of the real manifest that lie in this folder are the split ``real_digits``."""
TELEPHONE_HZ = (3400.0, 4000.0)
TELEPHONE_STOP = 110
"""int8 units (an eighth of an octave of power each): 41 dB, which is what the recordings at 8 kHz show."""

Frames = NDArray[np.int8]


@dataclass(frozen=True)
class Split:
    """A corpus with its features.

    Attributes:
        name: ``train``, ``dev`` or ``real_digits``.
        utterances: as in the manifest.
        features: their frames, a tail of silence after each.
    """

    name: str
    utterances: tuple[Utterance, ...]
    features: CorpusFeatures

    def steps(self, index: int, settings: FeatureSettings) -> NDArray[np.int8]:
        """int8 [steps, features] of an utterance, as the device receives them."""
        frames = self.features.utterance(index)
        return stack_steps(frames, settings.frames_per_step)


@dataclass(frozen=True)
class Corpora:
    """Everything the study reads."""

    train: BatchSource
    splits: tuple[Split, ...]
    tokens: TokenList
    settings: FeatureSettings


def load_corpora(
    data: Path, dev: Path, real: Path, cache: Path, every: int, digits: int, advance: Callable[[], None]
) -> Corpora:
    """Read the corpora.

    Args:
        data: manifest to train on.
        dev: manifest of the split ``dev``.
        real: manifest whose recordings under ``fsdd/`` are the split ``real_digits``.
        cache: folder of computed features.
        every: train on every so manieth utterance.
        digits: number of real digits, evenly spread over the manifest (speakers and digits).
        advance: called once an utterance while features are computed.

    Raises:
        ManifestError, FeatureError: a manifest or a recording cannot be read.
        TokenError: a text of a split has a word that does not occur in training.
    """
    settings = FeatureSettings()

    def split(name: str, utterances: Sequence[Utterance], path: Path) -> Split:
        known = transcribed(utterances, path)
        return Split(name, tuple(known), corpus_features(known, settings, TAIL_STEPS, cache, advance))

    train = split("train", read_manifest(data), data)
    recordings = [
        u for u in read_manifest(real) if str(u.audio.relative_to(real.parent)).startswith(REAL_DIGITS)
    ]
    chosen = [recordings[i] for i in spread(len(recordings), digits)]
    splits = split("dev", read_manifest(dev), dev), split("real_digits", chosen, real)
    tokens = TokenList.of_words(train.features.texts)
    corpus = _take(train.features, range(0, len(train.features), every), settings)
    return Corpora(BatchSource([corpus], tokens, settings), splits, tokens, settings)


def spread(count: int, wanted: int) -> list[int]:
    """``wanted`` places out of ``count``, as evenly spaced as whole numbers allow."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).round().astype(int)).tolist()


def _take(corpus: CorpusFeatures, places: Sequence[int], settings: FeatureSettings) -> CorpusFeatures:
    """The utterances at ``places``; every second one as it would sound over a telephone."""
    lost = telephone_loss(settings)
    clips = [corpus.utterance(place) for place in places]
    clips = [telephone(clip, lost) if number % 2 else clip for number, clip in enumerate(clips)]
    starts = np.concatenate([[0], np.cumsum([len(clip) for clip in clips])]).astype(np.int64)
    texts = tuple(corpus.texts[place] for place in places)
    return replace(corpus, frames=np.concatenate(clips), starts=starts, texts=texts)


def telephone(frames: Frames, lost: NDArray[np.int16]) -> Frames:
    """int8 [frames, bins] behind a low-pass filter that takes ``lost`` int8 units from each bin."""
    return np.maximum(frames.astype(np.int16) - lost, -128).astype(np.int8)


def telephone_loss(settings: FeatureSettings) -> NDArray[np.int16]:
    """int8 units that each mel bin loses at a sampling rate of 8 kHz: none below 3.4 kHz, all of
    :data:`TELEPHONE_STOP` above 4 kHz, a line between them."""
    low, high = hz_to_mel([settings.low_hz, settings.high_hz])
    centres = low + (high - low) * np.arange(1, settings.mel_bins + 1) / (settings.mel_bins + 1)
    hertz = 700 * (10 ** (centres / 2595) - 1)
    return np.interp(hertz, TELEPHONE_HZ, (0, TELEPHONE_STOP)).round().astype(np.int16)


def training_energies(source: BatchSource) -> Iterator[NDArray[np.floating]]:
    """Features of every training utterance as real values [steps, features], in the order of the corpus."""
    for corpus, index in source.utterances:
        frames = corpus.utterance(index)
        whole = frames[: len(frames) // source.settings.frames_per_step * source.settings.frames_per_step]
        stacked = stack_steps(whole, source.settings.frames_per_step)
        yield (stacked.astype(np.float64) - source.settings.zero_point) * source.settings.scale
