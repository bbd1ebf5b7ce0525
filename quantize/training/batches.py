"""Batches of utterances of similar length, or of rows of running speech."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from skipstone.quantize.corpora.feature_cache import CorpusFeatures
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.log_mel import stack_steps
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.training.augmentation import Augmenter, Frames
from skipstone.quantize.training.corpus_shares import CorpusShare
from skipstone.quantize.training.noise import SILENCE
from skipstone.quantize.training.stage_recipe import Augmentation
from skipstone.quantize.training.stream_rows import Running, join_row, plan_rows, row_count
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Padded utterances.

    Attributes:
        features: float32 [batch, steps, feature_count], real values (log2 energy).
        lengths: int64 [batch], valid steps.
        targets: int64 [Σ target_lengths], token ids end to end.
        target_lengths: int64 [batch]; 0 where nobody speaks.
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
        steps = torch.arange(self.features.shape[1], device=self.lengths.device)
        return steps < self.lengths.unsqueeze(1)

    def to(self, device: torch.device) -> Batch:
        """The same batch on ``device``."""
        names = ("features", "lengths", "targets", "target_lengths")
        return replace(self, **{name: getattr(self, name).to(device) for name in names})


@dataclass(frozen=True)
class Part:
    """One process's part of every batch: rows ``rank``, ``rank + size``, …"""

    rank: int = 0
    size: int = 1

    def rows(self, group: NDArray[np.int64]) -> NDArray[np.int64]:
        """This part of ``group``; filled up from its beginning where it does not divide evenly, so that
        every process has equally many."""
        return np.resize(group, -(-len(group) // self.size) * self.size)[self.rank :: self.size]


WHOLE = Part()


class BatchSource:
    """Makes batches of some corpora; the order and the augmentation depend on the seed alone.

    Args:
        corpora: the utterances; a corpus counts whole and once.
        tokens: gives the targets; without it there are none (evaluation compares texts, known words or not).
        settings: of the front end.
        noise: recordings that an augmentation may mix in.
    """

    def __init__(
        self,
        corpora: Sequence[CorpusFeatures | CorpusShare],
        tokens: TokenList | None,
        settings: FeatureSettings,
        noise: Sequence[CorpusShare] = (),
    ) -> None:
        self.settings = settings
        self.noise = noise
        shares = [c if isinstance(c, CorpusShare) else CorpusShare.whole(c) for c in corpora]
        self.repeats = [(len(share.indices), share.repeat) for share in shares]
        self.utterances = [(share.corpus, int(index)) for share in shares for index in share.indices]
        texts = [corpus.texts[index] for corpus, index in self.utterances]
        self.targets = [tokens.encode(text) if tokens else [] for text in texts]
        self.lengths = np.concatenate([share.corpus.lengths()[share.indices] for share in shares])

    def count(self, batch: int, shortest: float = 1.0) -> int:
        """Batches of an epoch over the ``shortest`` share of the utterances."""
        return -(-_kept(self._total, shortest) // batch)

    def epoch(
        self,
        batch: int,
        seed: tuple[int, ...],
        augmentation: Augmentation | None,
        augmented: float = 1.0,
        shortest: float = 1.0,
        start: int = 0,
        part: Part = WHOLE,
    ) -> Iterator[Batch]:
        """The ``shortest`` share of the utterances, in random batches of similar length.

        Args:
            batch: utterances of a batch, over all parts.
            seed: of the order and of the augmentation.
            augmentation: of a share ``augmented`` of the utterances.
            start: the first batches to leave out; the others are the same as without.
            part: which rows of each batch to make.
        """
        generator = np.random.default_rng(seed)
        augmenter = self._augmenter(augmentation)
        groups = self._of_similar_length(self._shortest(shortest, generator), batch, generator)
        for number, place in enumerate(generator.permutation(len(groups))):
            if number >= start:
                rows = part.rows(groups[place])
                random = np.random.default_rng((*seed, number, part.rank))
                yield self._collate([self._augmented(row, augmenter, augmented, random) for row in rows])

    def stream_count(self, batch: int, running: Running, shortest: float = 1.0) -> int:
        """Batches of an epoch of :meth:`streams`."""
        counts = [count for count, _ in self.repeats]
        repeats = np.repeat([repeat for _, repeat in self.repeats], counts)
        frames = float((self.lengths * repeats).sum()) * shortest * running.share
        rows = row_count(frames / self.settings.frames_per_step, running.steps)
        singles = running.singles(_kept(self._total, shortest))
        return -(-rows // batch) + -(-singles // batch)

    def streams(
        self,
        batch: int,
        seed: tuple[int, ...],
        augmentation: Augmentation | None,
        running: Running,
        augmented: float = 1.0,
        shortest: float = 1.0,
        start: int = 0,
        part: Part = WHOLE,
    ) -> Iterator[Batch]:
        """The ``shortest`` share of the utterances, joined to rows of running speech.

        All rows of a batch have the same number of steps, drawn from ``running.steps``; where one utterance
        is longer, its row is. The share that ``running`` leaves out comes as single utterances, in batches of
        similar length. The other arguments are those of :meth:`epoch`.
        """
        generator = np.random.default_rng(seed)
        augmenter = self._augmenter(augmentation)
        order = generator.permutation(self._shortest(shortest, generator))
        batches = self._plan(order, batch, running, shortest, generator)
        for number, place in enumerate(generator.permutation(len(batches))):
            if number >= start:
                rows, frames = batches[place]
                random = np.random.default_rng((*seed, number, part.rank))
                mine = part.rows(np.arange(len(rows)))
                yield self._collate(
                    [self._row(rows[row], frames, augmenter, augmented, random) for row in mine]
                )

    def _plan(
        self,
        order: NDArray[np.int64],
        batch: int,
        running: Running,
        shortest: float,
        generator: np.random.Generator,
    ) -> list[tuple[list[list[int]], int]]:
        """Rows of each batch, and the frames that they are filled up to (0: not at all)."""
        singles = order[: running.singles(len(order))]
        groups = self._of_similar_length(singles, batch, generator)
        batches = [([[int(index)] for index in group], 0) for group in groups]
        count = self.stream_count(batch, running, shortest) - len(batches)
        frames = generator.integers(running.steps[0], running.steps[1] + 1, count)
        frames *= self.settings.frames_per_step
        rows = plan_rows(order[len(singles) :], self.lengths, np.repeat(frames, batch), generator)
        joined = [rows[first : first + batch] for first in range(0, len(rows), batch)]
        return batches + list(zip(joined, frames.tolist(), strict=True))

    def _row(
        self,
        indices: Sequence[int],
        frames: int,
        augmenter: Augmenter | None,
        share: float,
        generator: np.random.Generator,
    ) -> _Clip:
        clips = [self._augmented(index, augmenter, share, generator) for index in indices]
        joined = join_row([clip.frames.astype(np.float32) for clip in clips], frames, generator)
        return _joined(clips, np.clip(np.rint(joined), SILENCE, 127).astype(np.int8))

    def sample(self, count: int, batch: int, seed: tuple[int, ...]) -> Iterator[Batch]:
        """``count`` random utterances without augmentation, for calibration."""
        generator = np.random.default_rng(seed)
        chosen = generator.permutation(len(self.utterances))[:count]
        chosen = chosen[np.argsort(self.lengths[chosen])]
        for start in range(0, len(chosen), batch):
            yield self._collate([self._plain(index) for index in chosen[start : start + batch]])

    def in_order(self, batch: int, part: Part = WHOLE) -> Iterator[Batch]:
        """All utterances of ``part`` once, sorted by length, unchanged."""
        order = np.argsort(self.lengths, kind="stable")[part.rank :: part.size]
        for start in range(0, len(order), batch):
            yield self._collate([self._plain(index) for index in order[start : start + batch]])

    @property
    def _total(self) -> int:
        """Utterances of an epoch, repeats counted."""
        return sum(max(1, round(count * repeat)) for count, repeat in self.repeats)

    def _augmenter(self, augmentation: Augmentation | None) -> Augmenter | None:
        return None if augmentation is None else Augmenter(augmentation, self.settings, self.noise)

    def _shortest(self, share: float, generator: np.random.Generator) -> NDArray[np.int64]:
        """The ``share`` of an epoch's utterances that are shortest, ascending."""
        every = self._occurrences(generator)
        return every[np.argsort(self.lengths[every], kind="stable")[: _kept(len(every), share)]]

    def _of_similar_length(
        self, indices: NDArray[np.int64], batch: int, generator: np.random.Generator
    ) -> list[NDArray[np.int64]]:
        order = indices[np.argsort(self.lengths[indices] * generator.uniform(0.95, 1.05, len(indices)))]
        return [order[first : first + batch] for first in range(0, len(order), batch)]

    def _occurrences(self, generator: np.random.Generator) -> NDArray[np.int64]:
        """Indices of all utterances of an epoch: each share as often as it is to be repeated."""
        parts, first = [], 0
        for count, repeat in self.repeats:
            total = max(1, round(count * repeat))
            whole = np.tile(np.arange(count), total // count)
            rest = generator.permutation(count)[: total - len(whole)]
            parts.append(first + np.concatenate([whole, rest]))
            first += count
        return np.concatenate(parts)

    def _plain(self, index: int) -> _Clip:
        corpus, place = self.utterances[index]
        return _Clip(corpus.utterance(place), tuple(self.targets[index]), corpus.texts[place])

    def _augmented(
        self, index: int, augmenter: Augmenter | None, share: float, generator: np.random.Generator
    ) -> _Clip:
        if augmenter is None or generator.random() >= share:
            return self._plain(index)
        indices = [index]
        if generator.random() < augmenter.recipe.concatenate:
            more = int(generator.integers(1, augmenter.recipe.concatenate_utterances))
            indices += generator.integers(0, len(self.utterances), more).tolist()
        clips = [self._plain(each) for each in indices]
        return _joined(clips, augmenter([clip.frames for clip in clips], generator))

    def _collate(self, clips: Sequence[_Clip]) -> Batch:
        frames_per_step = self.settings.frames_per_step
        stacked = [stack_steps(_whole_steps(clip.frames, self.settings), frames_per_step) for clip in clips]
        lengths = torch.tensor([len(clip) for clip in stacked])
        codes = np.full((len(stacked), int(lengths.max()), self.settings.step_features), SILENCE, np.int8)
        for row, clip in zip(codes, stacked, strict=True):
            row[: len(clip)] = clip
        return Batch(
            features=(torch.from_numpy(codes).float() - self.settings.zero_point) * self.settings.scale,
            lengths=lengths,
            targets=torch.tensor([token for clip in clips for token in clip.targets], dtype=torch.int64),
            target_lengths=torch.tensor([len(clip.targets) for clip in clips]),
            texts=tuple(clip.text for clip in clips),
        )


@dataclass(frozen=True)
class _Clip:
    """One utterance of a batch."""

    frames: Frames
    targets: tuple[int, ...]
    text: str


def _joined(clips: Sequence[_Clip], frames: Frames) -> _Clip:
    """What ``clips`` say, one after the other, as ``frames``."""
    return _Clip(
        frames=frames,
        targets=tuple(token for clip in clips for token in clip.targets),
        text=" ".join(clip.text for clip in clips if clip.text),
    )


def _kept(total: int, shortest: float) -> int:
    return max(1, round(total * shortest))


def _whole_steps(clip: Frames, settings: FeatureSettings) -> Frames:
    """Fill the last step with silence, as the device does at the end of a recording."""
    missing = -len(clip) % settings.frames_per_step
    if missing == 0:
        return clip
    return np.concatenate([clip, np.full((missing, clip.shape[1]), SILENCE, np.int8)])
