"""Batches of utterances of similar length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from skipstone.quantize.corpora.feature_cache import CorpusFeatures
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.log_mel import stack_steps
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.training.augmentation import SILENCE, Frames, augment
from skipstone.quantize.training.recipe import Augmentation
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Padded utterances.

    Attributes:
        features: float32 [batch, steps, feature_count], real values (log2 energy).
        lengths: int64 [batch], valid steps.
        targets: int64 [Σ target_lengths], token ids end to end.
        target_lengths: int64 [batch].
        texts: the references.
    """

    features: Tensor
    lengths: Tensor
    targets: Tensor
    target_lengths: Tensor
    texts: tuple[str, ...]

    @property
    def valid(self) -> Tensor:
        """bool [batch, steps], true before the end of each utterance."""
        return torch.arange(self.features.shape[1]) < self.lengths.unsqueeze(1)


class BatchSource:
    """Makes batches of one corpus; the order and the augmentation depend on the seed alone."""

    def __init__(
        self, corpora: Sequence[CorpusFeatures], tokens: TokenList, settings: FeatureSettings
    ) -> None:
        self.settings = settings
        self.utterances = [(corpus, index) for corpus in corpora for index in range(len(corpus))]
        self.targets = [tokens.encode(corpus.texts[index]) for corpus, index in self.utterances]
        self.lengths = np.concatenate([corpus.lengths() for corpus in corpora])

    def count(self, batch: int, shortest: float = 1.0) -> int:
        """Batches of an epoch over the ``shortest`` share of the utterances."""
        return -(-self._kept(shortest) // batch)

    def _kept(self, shortest: float) -> int:
        return max(1, round(len(self.utterances) * shortest))

    def epoch(
        self,
        batch: int,
        seed: tuple[int, ...],
        augmentation: Augmentation | None,
        augmented: float = 1.0,
        shortest: float = 1.0,
    ) -> Iterator[Batch]:
        """The ``shortest`` share of the utterances once, in random batches of similar length.

        A share ``augmented`` of them is augmented.
        """
        generator = np.random.default_rng(seed)
        kept = np.argsort(self.lengths, kind="stable")[: self._kept(shortest)]
        order = kept[np.argsort(self.lengths[kept] * generator.uniform(0.95, 1.05, len(kept)))]
        groups = [order[start : start + batch] for start in range(0, len(order), batch)]
        for place in generator.permutation(len(groups)):
            yield self._collate(groups[place], generator, augmentation, augmented)

    def sample(self, count: int, batch: int, seed: tuple[int, ...]) -> Iterator[Batch]:
        """``count`` random utterances without augmentation, for calibration."""
        generator = np.random.default_rng(seed)
        chosen = generator.permutation(len(self.utterances))[:count]
        chosen = chosen[np.argsort(self.lengths[chosen])]
        for start in range(0, len(chosen), batch):
            yield self._collate(chosen[start : start + batch], generator, None)

    def in_order(self, batch: int) -> Iterator[Batch]:
        """All utterances once, sorted by length, unchanged."""
        order = np.argsort(self.lengths, kind="stable")
        for start in range(0, len(order), batch):
            yield self._collate(order[start : start + batch], np.random.default_rng(0), None)

    def _collate(
        self,
        indices: np.ndarray,
        generator: np.random.Generator,
        augmentation: Augmentation | None,
        augmented: float = 1.0,
    ) -> Batch:
        clips = [corpus.utterance(i) for corpus, i in (self.utterances[index] for index in indices)]
        if augmentation is not None:
            clips = [
                augment(clip, augmentation, generator) if generator.random() < augmented else clip
                for clip in clips
            ]
        stacked = [
            stack_steps(_whole_steps(clip, self.settings), self.settings.frames_per_step) for clip in clips
        ]
        lengths = torch.tensor([len(clip) for clip in stacked])
        codes = np.full((len(stacked), int(lengths.max()), self.settings.step_features), SILENCE, np.int8)
        for row, clip in zip(codes, stacked, strict=True):
            row[: len(clip)] = clip
        features = (torch.from_numpy(codes).float() - self.settings.zero_point) * self.settings.scale
        targets = [self.targets[index] for index in indices]
        return Batch(
            features=features,
            lengths=lengths,
            targets=torch.tensor([token for target in targets for token in target], dtype=torch.int64),
            target_lengths=torch.tensor([len(target) for target in targets]),
            texts=tuple(corpus.texts[i] for corpus, i in (self.utterances[index] for index in indices)),
        )


def _whole_steps(clip: Frames, settings: FeatureSettings) -> Frames:
    """Fill the last step with silence, as the device does at the end of a recording."""
    missing = -len(clip) % settings.frames_per_step
    if missing == 0:
        return clip
    return np.concatenate([clip, np.full((missing, clip.shape[1]), SILENCE, np.int8)])
