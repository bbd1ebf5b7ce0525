"""Word error rate and compute fraction of a .tflite over a manifest, in stock TFLM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.evaluation.decode import best_token, decode_ids, greedy_decoder
from skipstone.quantize.evaluation.errors import EvaluationError
from skipstone.quantize.evaluation.gates import compute_fraction, gate_bias
from skipstone.quantize.evaluation.idle_reset import IdleRule, as_deployed
from skipstone.quantize.evaluation.runner import Runner
from skipstone.quantize.features.audio import read_audio
from skipstone.quantize.features.log_mel import TAIL_STEPS, log_mel, pad_pcm, stack_steps
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.tflite.metadata import SkipTable, Tokens, read_features, read_skip_table, read_tokens
from skipstone.quantize.tflite.model import Model


@dataclass(frozen=True)
class SpeechMetadata:
    """Metadata that evaluation needs.

    Raises (from :meth:`of`):
        EvaluationError: the file lacks ``SKIP_TABLE``, ``FEATURES`` or ``TOKENS``, or the outputs of its main
            graph are others than these say.
    """

    skip_table: SkipTable
    features: FeatureSettings
    tokens: Tokens

    @classmethod
    def of(cls, model: Model) -> SpeechMetadata:
        """Read the metadata of ``model``."""
        table, features, tokens = read_skip_table(model), read_features(model), read_tokens(model)
        if table is None or features is None or tokens is None:
            raise EvaluationError(
                "the model lacks SKIP_TABLE, FEATURES or TOKENS metadata",
                "evaluate a .tflite that skipstone convert wrote",
            )
        _check_outputs(model, table, tokens)
        return cls(table, FeatureSettings.from_dict(features), tokens)


def _check_outputs(model: Model, table: SkipTable, tokens: Tokens) -> None:
    sizes = [model.main.tensors[i].elements for i in model.main.outputs]
    known = len(tokens.tokens)
    if len(sizes) != 2 or sizes[0] > known or sizes[1] != len(table.blocks):
        raise EvaluationError(
            f"the main graph gives outputs of {sizes} elements, but TOKENS names {known} tokens "
            f"and SKIP_TABLE {len(table.blocks)} blocks",
            "write file and metadata with the same version of `skipstone convert`",
        )


@dataclass(frozen=True)
class UtteranceResult:
    """One utterance.

    Attributes:
        audio, reference, speaker: from the manifest; a reference of None is not counted.
        hypothesis: decoded text.
        errors: substitutions + deletions + insertions of words.
        words: words of the reference.
        steps: model invocations, the tail included.
        compute_fraction: of this utterance.
    """

    audio: str
    speaker: str | None
    reference: str | None
    hypothesis: str
    errors: int
    words: int
    steps: int
    compute_fraction: float


@dataclass(frozen=True)
class Totals:
    """Sums over utterances.

    Attributes:
        count: utterances, those without a reference included.
        errors: wrong words; where nothing was said, every word written.
        words: words of the references.
        steps: model invocations.
        compute_fraction: weighted by steps.
    """

    count: int
    errors: int
    words: int
    steps: int
    compute_fraction: float

    @classmethod
    def of(cls, rows: Sequence[UtteranceResult]) -> Totals:
        """Sum up ``rows``, at least one."""
        steps = sum(row.steps for row in rows)
        fraction = sum(row.compute_fraction * row.steps for row in rows) / steps
        return cls(len(rows), sum(r.errors for r in rows), sum(r.words for r in rows), steps, fraction)

    @property
    def word_error_rate(self) -> float | None:
        """Errors by words of the references; None where these have no words."""
        return self.errors / self.words if self.words else None


@dataclass(frozen=True)
class Evaluation:
    """Totals over a manifest; ``word_error_rate`` is None where no reference has words (noise, silence)."""

    gates: str
    threshold_offset: int
    word_error_rate: float | None
    errors: int
    words: int
    compute_fraction: float
    utterances: tuple[UtteranceResult, ...]

    @classmethod
    def of(cls, results: Iterable[UtteranceResult], gates: str, threshold_offset: int = 0) -> Evaluation:
        """Sum up ``results``.

        Raises:
            EvaluationError: there are none.
        """
        rows = tuple(results)
        if not rows:
            raise EvaluationError("nothing to evaluate", "give a manifest with utterances")
        totals = Totals.of(rows)
        return cls(
            gates,
            threshold_offset,
            totals.word_error_rate,
            totals.errors,
            totals.words,
            totals.compute_fraction,
            rows,
        )

    def as_dict(self) -> dict[str, Any]:
        """A table for JSON."""
        return {"version": 1, **asdict(self)}


def evaluate(
    runner: Runner,
    utterances: Sequence[Utterance],
    gates: str = "arbitrator",
    threshold_offset: int = 0,
    idle_rule: IdleRule | None = None,
) -> Iterator[UtteranceResult]:
    """Run every utterance from a reset state and yield its result; sum up with :meth:`Evaluation.of`.

    Args:
        runner: of a model with Skipstone's metadata.
        utterances: with resolved audio paths.
        gates: gate source, ``arbitrator``, ``all`` or ``none``.
        threshold_offset: see :func:`~skipstone.quantize.evaluation.gates.gate_bias`.
        idle_reset: steps without an executed block after which the stream is forgotten; ``None``: what the
            model asks for.
    """
    deployed = as_deployed(runner, idle_rule)
    metadata = SpeechMetadata.of(runner.model)
    bias = gate_bias(gates, len(metadata.skip_table.blocks), threshold_offset)
    for utterance in utterances:
        features = step_features(utterance.audio, metadata.features)
        hypothesis, trace = transcribe(deployed, features, bias, metadata.tokens)
        reference = utterance.reference
        errors, words = (0, 0) if reference is None else word_errors(reference, hypothesis)
        fraction = compute_fraction(trace, metadata.skip_table)
        yield UtteranceResult(
            str(utterance.audio),
            utterance.speaker,
            reference,
            hypothesis,
            errors,
            words,
            len(trace),
            fraction,
        )


def step_features(audio: Path, settings: FeatureSettings) -> NDArray[np.int8]:
    """int8[steps, features] of a recording with :data:`TAIL_STEPS` steps of silence after it."""
    pcm = pad_pcm(read_audio(audio), TAIL_STEPS, settings)
    return stack_steps(log_mel(pcm, settings), settings.frames_per_step)


def transcribe(
    runner: Runner, features: NDArray[np.int8], bias: NDArray[np.int8], tokens: Tokens
) -> tuple[str, NDArray[np.bool_]]:
    """Run one utterance from a reset state.

    Returns:
        ``(text, gate trace bool[steps, blocks])``.
    """
    runner.reset()
    decoder = greedy_decoder(tokens.head, tokens.blank)
    trace = []
    for row in features:
        logits, gates = runner.step(row[None], bias[None], *decoder.inputs())
        decoder.push(best_token(logits))
        trace.append(gates.reshape(-1))
    return decode_ids(decoder.ids, tokens.tokens), np.array(trace, np.bool_)


def word_errors(reference: str, hypothesis: str) -> tuple[int, int]:
    """``(substitutions + deletions + insertions, words of the reference)`` by jiwer's alignment."""
    import jiwer

    if not reference.strip():
        return len(hypothesis.split()), 0
    measures = jiwer.process_words(reference, hypothesis)
    errors = measures.substitutions + measures.deletions + measures.insertions
    return errors, len(reference.split())


def word_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Word error rate over pairs of texts, errors and words summed over all of them."""
    pairs = [word_errors(r, h) for r, h in zip(references, hypotheses, strict=True)]
    words = sum(count for _, count in pairs)
    if words == 0:
        raise EvaluationError("the references have no words", "check the texts of the manifest")
    return sum(errors for errors, _ in pairs) / words
