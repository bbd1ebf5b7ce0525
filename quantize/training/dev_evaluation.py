"""Word error rate and compute fraction on a development set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import jiwer
import torch
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.evaluation.decode import greedy_ids
from skipstone.quantize.models.amortized_transformer import NetworkOutput
from skipstone.quantize.models.arbitrator import GateSampling
from skipstone.quantize.models.config import Head
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.training.batches import BatchSource
from skipstone.quantize.training.processes import Processes
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
    """Word error rate (0…) and how often each block ran (gate order)."""

    word_error_rate: float
    block_rates: tuple[float, ...]

    def fraction(self, costs: NetworkCosts) -> float:
        """Compute fraction in ``costs``."""
        return float(costs.compute_fraction(torch.tensor(self.block_rates).reshape(1, 1, -1)))


@torch.no_grad()
def evaluate(
    network: Network,
    source: BatchSource,
    tokens: TokenList,
    head: Head = "ctc",
    forced_gates: Tensor | None = None,
    processes: Processes | None = None,
) -> DevResult:
    """Decode every utterance of ``source`` greedily; ``network`` must be in evaluation mode.

    An utterance without words counts its insertions; the rate is over all words of the set (at least one).
    Where several processes train together each takes its part, and all get the result.
    """
    processes = processes or Processes()
    errors = words = steps = 0
    executed: Tensor | float = 0.0
    for loaded in source.in_order(32, processes.part):
        batch = loaded.to(processes.device)
        output = network(batch.features, batch.valid, forced_gates=forced_gates)
        best = output.logits.argmax(2).cpu()
        hypotheses = [
            tokens.decode(greedy_ids(row[: int(length)].tolist(), head))
            for row, length in zip(best, batch.lengths, strict=True)
        ]
        counted = jiwer.process_words(list(batch.texts), hypotheses)
        errors += counted.substitutions + counted.deletions + counted.insertions
        words += counted.hits + counted.substitutions + counted.deletions
        executed = executed + output.gates[batch.valid].double().sum(0)
        steps += int(batch.valid.sum())
    blocks = torch.as_tensor(executed, device=processes.device, dtype=torch.float64)
    counts = torch.tensor([errors, words, steps], device=processes.device, dtype=torch.float64)
    errors, words, steps, *runs = processes.total(torch.cat([counts, blocks])).tolist()
    return DevResult(errors / max(1, words), tuple(round(run / steps, 4) for run in runs))
