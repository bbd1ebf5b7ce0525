"""The corpora of the study: synthesized commands (training, ``dev``) and real digits.

The digits of one speaker are the split ``real_digits``; those of the others belong to the training data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.feature_cache import CorpusFeatures, corpus_features
from skipstone.quantize.corpora.manifest import Utterance, read_manifest, transcribed
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.log_mel import TAIL_STEPS, stack_steps
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.training.batches import BatchSource
from skipstone.quantize.training.corpus_shares import CorpusShare
from study_error import StudyError

REAL_DIGITS = "fsdd/"
"""Recordings of the real manifest that lie in this folder are the split ``real_digits``."""


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
    data: Path,
    dev: Path,
    real: Path,
    cache: Path,
    every: int,
    digits: int,
    held_out: str,
    advance: Callable[[], None],
) -> Corpora:
    """Read the corpora.

    Args:
        data: manifest to train on.
        dev: manifest of the split ``dev``.
        real: manifest with digits under ``fsdd/``.
        cache: folder of computed features.
        every: train on every so manieth utterance.
        digits: size of ``real_digits``, evenly spread over the manifest.
        held_out: the speaker of ``real_digits``, whose recordings are not trained on.
        advance: called once an utterance while features are computed.

    Raises:
        ManifestError, FeatureError: a manifest or a recording cannot be read.
        TokenError: a text of a split has a word that does not occur in training.
        StudyError: ``real`` has no digits of ``held_out``.
    """
    settings = FeatureSettings()

    def split(name: str, utterances: Sequence[Utterance], path: Path) -> Split:
        known = transcribed(utterances, path)
        return Split(name, tuple(known), corpus_features(known, settings, TAIL_STEPS, cache, advance))

    train = split("train", read_manifest(data), data)
    recordings = [
        u for u in read_manifest(real) if str(u.audio.relative_to(real.parent)).startswith(REAL_DIGITS)
    ]
    theirs = [u for u in recordings if u.speaker == held_out]
    if not theirs:
        raise StudyError(f"{real} has no digits of the speaker {held_out!r}", "give a manifest that has them")
    chosen = [theirs[i] for i in spread(len(theirs), digits)]
    splits = split("dev", read_manifest(dev), dev), split("real_digits", chosen, real)
    others = [u for u in recordings if u.speaker != held_out]
    trained = [train, split("digits", others, real)] if others else [train]
    tokens = TokenList.of_words([text for part in trained for text in part.features.texts])
    shares = [CorpusShare(part.features, np.arange(0, len(part.features), every)) for part in trained]
    source = BatchSource(shares, tokens, settings)
    return Corpora(source, splits, tokens, settings)


def spread(count: int, wanted: int) -> list[int]:
    """``wanted`` places out of ``count``, as evenly spaced as whole numbers allow."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).round().astype(int)).tolist()


def training_energies(source: BatchSource) -> Iterator[NDArray[np.floating]]:
    """Features of every training utterance as real values [steps, features], in the order of the corpus."""
    for corpus, index in source.utterances:
        frames = corpus.utterance(index)
        whole = frames[: len(frames) // source.settings.frames_per_step * source.settings.frames_per_step]
        stacked = stack_steps(whole, source.settings.frames_per_step)
        yield (stacked.astype(np.float64) - source.settings.zero_point) * source.settings.scale
