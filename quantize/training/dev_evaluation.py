"""Word error rate and compute fraction on a development set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import jiwer
import torch
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.evaluation.decode import greedy_ctc
from skipstone.quantize.models.amortized_transformer import NetworkOutput
from skipstone.quantize.models.arbitrator import GateSampling
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.training.batches import BatchSource
from torch import Tensor


class Network(Protocol):
    """What training and evaluation need of a network, float or quantized."""

    def __call__(
        self,
        features: Tensor,
        valid: Tensor,
        *,
        forced_gates: Tensor | None = None,
        sampling: GateSampling | None = None,
    ) -> NetworkOutput:
        """Run whole utterances."""


@dataclass(frozen=True)
class DevResult:
    """Word error rate (0…), compute fraction, and how often each block ran (gate order)."""

    word_error_rate: float
    compute_fraction: float
    block_rates: tuple[float, ...]


@torch.no_grad()
def evaluate(
    network: Network,
    source: BatchSource,
    tokens: TokenList,
    costs: NetworkCosts,
    forced_gates: Tensor | None = None,
) -> DevResult:
    """Decode every utterance of ``source`` greedily; ``network`` must be in evaluation mode."""
    references: list[str] = []
    hypotheses: list[str] = []
    executed = torch.zeros(len(costs.blocks))
    steps = 0
    for batch in source.in_order(32):
        valid = batch.valid
        output = network(batch.features, valid, forced_gates=forced_gates)
        best = output.logits.argmax(2)
        for row, length, text in zip(best, batch.lengths, batch.texts, strict=True):
            references.append(text)
            hypotheses.append(tokens.decode(greedy_ctc(row[: int(length)].tolist())))
        executed += output.gates[valid].sum(0)
        steps += int(valid.sum())
    rates = executed / steps
    fraction = costs.compute_fraction(rates.reshape(1, 1, -1))
    return DevResult(
        jiwer.wer(references, hypotheses), float(fraction), tuple(round(float(r), 4) for r in rates)
    )
