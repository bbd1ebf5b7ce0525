"""What is in a corpus, from its manifest alone."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from skipstone.quantize.corpora.manifest import Utterance

COHORTS = ("domain", "gender", "locale", "speaker", "intent")
"""Keys of a manifest that part a corpus."""


@dataclass(frozen=True)
class Amount:
    """Utterances, their hours, the words of their texts, and the speakers that are named."""

    utterances: int
    hours: float
    words: int
    speakers: int

    @classmethod
    def of(cls, utterances: Sequence[Utterance]) -> Amount:
        """Add up ``utterances``."""
        return cls(
            len(utterances),
            sum(utterance.duration for utterance in utterances) / 3600,
            sum(len((utterance.text or "").split()) for utterance in utterances),
            len({utterance.speaker for utterance in utterances} - {None}),
        )


@dataclass(frozen=True)
class CorpusStatistics:
    """Totals and cohorts of a corpus.

    Attributes:
        total: of all utterances.
        vocabulary: word → how often, most frequent first.
        shortest, median, longest: seconds of an utterance.
        without_text: utterances whose text is not known; ``silent`` those whose text is empty.
        with_intent: utterances labelled with an intent or slots; ``with_word_times`` those with word times.
        cohorts: key → value → amount, largest first; ``""`` where a line has no value. Keys that no line has
            are left out.
    """

    total: Amount
    vocabulary: dict[str, int]
    shortest: float
    median: float
    longest: float
    without_text: int
    silent: int
    with_intent: int
    with_word_times: int
    cohorts: dict[str, dict[str, Amount]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"version": 1, **asdict(self)}


def corpus_statistics(utterances: Sequence[Utterance]) -> CorpusStatistics:
    """Statistics of ``utterances``, at least one."""
    counts = Counter(word for utterance in utterances for word in (utterance.text or "").split())
    durations = [utterance.duration for utterance in utterances]
    return CorpusStatistics(
        total=Amount.of(utterances),
        vocabulary=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        shortest=min(durations),
        median=statistics.median(durations),
        longest=max(durations),
        without_text=_count(utterances, lambda u: u.text is None),
        silent=_count(utterances, lambda u: u.text == ""),
        with_intent=_count(utterances, lambda u: u.intent is not None or bool(u.slots)),
        with_word_times=_count(utterances, lambda u: u.words is not None),
        cohorts={
            key: _cohort(utterances, key) for key in COHORTS if any(getattr(u, key) for u in utterances)
        },
    )


def _count(utterances: Iterable[Utterance], has: Callable[[Utterance], bool]) -> int:
    return sum(1 for utterance in utterances if has(utterance))


def _cohort(utterances: Iterable[Utterance], key: str) -> dict[str, Amount]:
    parts: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        parts.setdefault(getattr(utterance, key) or "", []).append(utterance)
    amounts = {value: Amount.of(part) for value, part in parts.items()}
    return dict(sorted(amounts.items(), key=lambda item: (-item[1].hours, item[0])))
