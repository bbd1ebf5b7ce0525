"""Totals of an evaluation over parts of a manifest: by gender, locale, domain, speaker or any other label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.evaluation.errors import EvaluationError
from skipstone.quantize.evaluation.evaluate import Totals, UtteranceResult

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cohort:
    """The utterances whose ``key`` has one value; ``unknown`` collects those without the key."""

    key: str
    value: str
    totals: Totals

    def as_dict(self) -> dict[str, Any]:
        """A row for JSON."""
        return {
            self.key: self.value,
            "utterances": self.totals.count,
            "words": self.totals.words,
            "errors": self.totals.errors,
            "word_error_rate": self.totals.word_error_rate,
            "compute_fraction": self.totals.compute_fraction,
        }


def parse_keys(text: str) -> tuple[str, ...]:
    """Keys of a list such as ``gender,locale``.

    Raises:
        EvaluationError: an empty or repeated key.
    """
    keys = tuple(part.strip() for part in text.split(","))
    if "" in keys or len(set(keys)) < len(keys):
        raise EvaluationError(
            f"cohorts {text!r}: a key is empty or repeated",
            "write keys of the manifest: gender,locale,domain",
        )
    return keys


def check_keys(utterances: Sequence[Utterance], keys: Sequence[str]) -> None:
    """Refuse keys that no utterance has, before anything is run.

    Raises:
        EvaluationError: names the keys that the manifest does have.
    """
    for key in keys:
        if all(_value(utterance, key) is None for utterance in utterances):
            known = sorted({name for utterance in utterances for name in _labels(utterance)})
            raise EvaluationError(
                f"no utterance of the manifest has the key {key!r}",
                f"group by one of: {', '.join(known) or 'none, the manifest has no labels'}",
            )


def cohorts(
    utterances: Sequence[Utterance], results: Sequence[UtteranceResult], keys: Sequence[str]
) -> Iterator[Cohort]:
    """Totals of every value of every key, values in alphabetical order.

    Args:
        utterances: what was evaluated.
        results: one an utterance, in the same order.
        keys: labels of the manifest, keys of its own included.
    """
    for key in keys:
        groups: dict[str, list[UtteranceResult]] = {}
        for utterance, result in zip(utterances, results, strict=True):
            groups.setdefault(_value(utterance, key) or UNKNOWN, []).append(result)
        for value, rows in sorted(groups.items()):
            yield Cohort(key, value, Totals.of(rows))


def _labels(utterance: Utterance) -> dict[str, str]:
    """Whatever a manifest line says about its utterance in a word or a number."""
    table = utterance.model_dump(exclude={"audio", "text", "duration"}) | utterance.extra
    return {key: str(value) for key, value in table.items() if isinstance(value, str | int | float)}


def _value(utterance: Utterance, key: str) -> str | None:
    return _labels(utterance).get(key)
