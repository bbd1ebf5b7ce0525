"""Int8 word error rate and gates of a trained trial, by the exact integer simulation; checked against TFLM.

The simulation that QAT trains (:class:`~skipstone.quantize.qat.network.QuantizedTransformer`) has the
integers of the .tflite in its forward pass, and runs whole batches. :func:`check_against_tflm` compares its
logits and gates byte for byte with stock TFLM, step by step, on a sample of the utterances.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from corpora import Split, spread
from numpy.typing import NDArray
from policies import GatePolicy, Trace
from skipstone.quantize.evaluation.decode import decode_ids, greedy_ctc
from skipstone.quantize.evaluation.evaluate import word_errors
from skipstone.quantize.evaluation.gates import gate_bias
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.qat.export import load_quantized
from skipstone.quantize.qat.network import QuantizedTransformer
from skipstone.quantize.training.checkpoint import read_checkpoint
from study_error import StudyError

BATCH = 32


@dataclass(frozen=True)
class Answer:
    """One utterance.

    Attributes:
        index: place in the split.
        features: int8 [steps, features], what the device receives.
        logits: int8 [steps, vocabulary].
        gates: bool [steps, blocks], executed blocks.
    """

    index: int
    features: NDArray[np.int8]
    logits: NDArray[np.int8]
    gates: Trace


@dataclass(frozen=True)
class Accuracy:
    """Errors and gates over a split.

    Attributes:
        errors: substitutions, deletions and insertions of words.
        words: words of the references.
        steps: model steps, the tails of silence included.
        block_rates: share of the steps at which each block ran, gate order.
    """

    errors: int
    words: int
    steps: int
    block_rates: tuple[float, ...]

    @property
    def word_error_rate(self) -> float:
        """Errors over words."""
        return self.errors / self.words


class IntegerModel:
    """The int8 network of a trial's checkpoint, its gate policy included."""

    def __init__(self, checkpoint: Path, policy: GatePolicy | None) -> None:
        trained = read_checkpoint(checkpoint)
        self.network: QuantizedTransformer = load_quantized(trained.config, trained.features, trained.weights)
        self.network.eval()
        self.config = trained.config
        self.settings: FeatureSettings = trained.features
        self.tokens = trained.tokens
        self.policy = policy
        assert self.network.head.activation is not None
        self._logit_scale = self.network.head.activation.exact_scale

    @torch.no_grad()
    def answers(self, split: Split) -> Iterator[Answer]:
        """Run every utterance of ``split``, shortest first, in batches."""
        order = np.argsort(split.features.lengths(), kind="stable")
        for start in range(0, len(order), BATCH):
            places = [int(place) for place in order[start : start + BATCH]]
            yield from self._batch(places, [split.steps(place, self.settings) for place in places])

    def _batch(self, places: Sequence[int], clips: Sequence[NDArray[np.int8]]) -> Iterator[Answer]:
        longest = max(len(clip) for clip in clips)
        codes = np.full((len(clips), longest, self.settings.step_features), -128, np.int8)
        for row, clip in zip(codes, clips, strict=True):
            row[: len(clip)] = clip
        features = (torch.from_numpy(codes).float() - self.settings.zero_point) * self.settings.scale
        valid = torch.arange(longest) < torch.tensor([len(clip) for clip in clips]).unsqueeze(1)
        output = self.network(features, valid, forced_gates=self._forced(places, clips, longest))
        logits = (output.logits / self._logit_scale).round().to(torch.int8).numpy()
        gates = output.gates.numpy() > 0.5
        for place, clip, row, bits in zip(places, clips, logits, gates, strict=True):
            yield Answer(place, clip, row[: len(clip)], bits[: len(clip)])

    def _forced(
        self, places: Sequence[int], clips: Sequence[NDArray[np.int8]], longest: int
    ) -> torch.Tensor | None:
        if self.policy is None:
            return None
        forced = torch.zeros(len(clips), longest, self.config.blocks)
        for row, place, clip in zip(forced, places, clips, strict=True):
            real = (clip.astype(np.float64) - self.settings.zero_point) * self.settings.scale
            row[: len(clip)] = torch.from_numpy(self.policy.trace(real, place)).float()
        return forced


def accuracy(answers: Sequence[Answer], split: Split, tokens: Sequence[str]) -> Accuracy:
    """Decode ``answers`` greedily and count word errors."""
    errors = words = 0
    for answer in answers:
        text = decode_ids(greedy_ctc(answer.logits.argmax(1).tolist()), tokens)
        wrong, spoken = word_errors(split.utterances[answer.index].text or "", text)
        errors, words = errors + wrong, words + spoken
    gates = np.concatenate([answer.gates for answer in answers])
    return Accuracy(errors, words, len(gates), tuple(round(float(r), 4) for r in gates.mean(0)))


def relative_cost(rates: Sequence[float], own: NetworkCosts, dense: NetworkCosts) -> float:
    """Compute fraction against the blocks of the dense model the study began with.

    For gated models this is the compute fraction of the skip table: Σ executed block MACs and arbitrators
    over Σ all block MACs and arbitrators. A smaller model has its own MACs above and the dense one's below.
    """
    always = own.arbitrators + own.fixed_blocks
    return (float(np.dot(rates, own.blocks)) + always) / (sum(dense.blocks) + own.arbitrators)


def sample(answers: Sequence[Answer], count: int) -> list[Answer]:
    """``count`` of the answers, evenly spread over the split's order."""
    ordered = sorted(answers, key=lambda answer: answer.index)
    return [ordered[place] for place in spread(len(ordered), count)]


def check_against_tflm(model: Path, answers: Sequence[Answer], by_model: bool) -> int:
    """Run ``answers`` again in stock TFLM and compare every byte of logits and gates.

    Args:
        model: the .tflite.
        answers: what the simulation gave.
        by_model: leave the gates to the arbitrators; else they are forced to those of the answers.

    Returns:
        The number of steps compared.

    Raises:
        StudyError: a byte is different.
    """
    runner = TflmRunner(model.read_bytes())
    steps = 0
    for answer in answers:
        runner.reset()
        blocks = answer.gates.shape[1]
        for number, row in enumerate(answer.features):
            bits = answer.gates[number]
            bias = gate_bias("arbitrator", blocks) if by_model else gate_bias("mask", blocks, mask=bits)
            logits, gates = runner.step(row[None], bias[None])
            same = (logits.reshape(-1) == answer.logits[number]).all() and (gates.reshape(-1) == bits).all()
            if not same:
                raise StudyError(
                    f"{model}: step {number} of utterance {answer.index} differs from TFLM",
                    "the integer simulation is wrong: run pytest tests/qat",
                )
        steps += len(answer.features)
    return steps
