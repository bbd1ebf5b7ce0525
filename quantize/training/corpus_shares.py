"""From the entries of a recipe to features: whole corpora, or some speakers and domains of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.feature_cache import CorpusFeatures, corpus_features
from skipstone.quantize.corpora.manifest import Utterance, read_manifest, transcribed
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.training.data_recipe import CorpusEntry, DataRecipe
from skipstone.quantize.training.recipe import RecipeError, expand_path


class Progress(Protocol):
    """Where a run shows how far it is."""

    def task(self, description: str, total: int) -> Callable[[], None]:
        """Begin a task of ``total`` parts; the result is called once a part."""

    def note(self, line: str) -> None:
        """Print one line above the bars."""


@dataclass(frozen=True)
class CorpusShare:
    """Some utterances of a corpus.

    Attributes:
        corpus: all of it.
        indices: int64, which utterances.
        repeat: how often each occurs in an epoch; the part after the point is a random share.
    """

    corpus: CorpusFeatures
    indices: NDArray[np.int64]
    repeat: float = 1.0

    @classmethod
    def whole(cls, corpus: CorpusFeatures) -> CorpusShare:
        """Every utterance once."""
        return cls(corpus, np.arange(len(corpus)))


def load_share(
    entry: CorpusEntry, data: DataRecipe, settings: FeatureSettings, progress: Progress, noise: bool = False
) -> CorpusShare:
    """Features of one entry, from the cache where it has them (of the whole manifest, so that entries which
    differ in speakers or domains share them).

    Args:
        noise: utterances without a text count too; all texts become ``""``.

    Raises:
        RecipeError: a speaker or domain that is not in the manifest, or no utterance is left.
        ManifestError, FeatureError: a manifest or a recording cannot be read, or no utterance has a text.
    """
    path = expand_path(entry.manifest)
    every = read_manifest(path)
    if noise:
        utterances = [utterance.model_copy(update={"text": ""}) for utterance in every]
    else:
        utterances = transcribed(every, path)
        if len(utterances) < len(every):
            missing = len(every) - len(utterances)
            progress.note(f"{path}: {missing} of {len(every)} utterances have no text and are left out")
    indices = chosen(entry, utterances)
    advance = progress.task(f"features of {path.parent.name}/{path.name}", len(utterances))
    features = corpus_features(utterances, settings, data.tail_steps, Path(data.cache), advance)
    return CorpusShare(features, indices, entry.repeat)


def chosen(entry: CorpusEntry, utterances: Sequence[Utterance]) -> NDArray[np.int64]:
    """Indices of the utterances that ``entry`` wants.

    Raises:
        RecipeError: as :func:`load_share`. (A misspelt speaker would otherwise stay in the training data.)
    """
    for key, named in (
        ("speaker", {*entry.speakers, *entry.exclude_speakers}),
        ("domain", {*entry.domains, *entry.exclude_domains}),
    ):
        unknown = named - {getattr(utterance, key) for utterance in utterances}
        if unknown:
            raise RecipeError(
                f"{entry.manifest} has no {key} {', '.join(sorted(unknown))}",
                "skipstone corpus stats MANIFEST lists them",
            )
    kept = [index for index, utterance in enumerate(utterances) if _wanted(entry, utterance)]
    if not kept:
        raise RecipeError(
            f"{entry.manifest}: speakers and domains of the entry leave no utterance", "widen the choice"
        )
    return np.array(kept, np.int64)


def _wanted(entry: CorpusEntry, utterance: Utterance) -> bool:
    return (
        (not entry.speakers or utterance.speaker in entry.speakers)
        and utterance.speaker not in entry.exclude_speakers
        and (not entry.domains or utterance.domain in entry.domains)
        and utterance.domain not in entry.exclude_domains
    )
