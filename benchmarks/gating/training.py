"""Short trainings of the study: dense from scratch, fine-tunes under a gate policy, QAT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from policies import GatePolicy
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.losses.cost import CostSchedule, cost_loss
from skipstone.quantize.losses.ctc import ctc_loss
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.arbitrator import GateSampling
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.qat.folding import fold_batch_norm
from skipstone.quantize.qat.network import QuantizedTransformer, observers
from skipstone.quantize.training.batches import Batch, BatchSource
from skipstone.quantize.training.recipe import Augmentation
from skipstone.quantize.training.schedule import geometric, one_cycle
from torch import Tensor, nn

BATCH = 16
NO_PRICE = CostSchedule(0.0, 1.0)


@dataclass(frozen=True)
class Phase:
    """One phase of a training.

    Attributes:
        name: ``dense``, ``tune`` or ``qat``; part of the seed.
        epochs: passes over the training utterances.
        learning_rate: peak of the one-cycle schedule.
        warm_up: share of the phase before the peak.
        augmentation: of the features.
        temperature: of the gates' sigmoid, at the start and at the end.
        noise: sample the gates with logistic noise.
        cost: schedule of λ and C* of learned gates.
        curriculum: share of the phase over which the share of (short) utterances and that of augmented ones
            grow to one.
        dropout: of the blocks (float networks).
        batches: at most so many batches an epoch; 0: all.
    """

    name: str
    epochs: int
    learning_rate: float
    warm_up: float = 0.1
    augmentation: Augmentation = field(default_factory=Augmentation)
    temperature: tuple[float, float] = (1.0, 1.0)
    noise: bool = True
    cost: CostSchedule = NO_PRICE
    curriculum: float = 0.0
    dropout: float = 0.0
    batches: int = 0


class Optimizers:
    """Muon (Jordan et al. 2024; ``torch.optim.Muon``) for hidden matrices, AdamW for everything else.

    Muon's steps are scaled to the size of AdamW's ("match_rms_adamw", Liu et al. 2025, arXiv 2502.16982,
    section 2.2), so that one learning rate serves both.
    """

    def __init__(self, network: nn.Module, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        hidden, rest = [], []
        for name, parameter in network.named_parameters():
            is_hidden = (
                parameter.ndim == 2 and "conv" not in name and not name.startswith(("head", "arbitrator"))
            )
            (hidden if is_hidden and ".arbitrator." not in name else rest).append(parameter)
        muon = torch.optim.Muon(
            hidden, lr=learning_rate, weight_decay=0.01, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        )
        adam = torch.optim.AdamW(rest, lr=learning_rate, weight_decay=0.0, betas=(0.9, 0.98))
        self._members: tuple[torch.optim.Optimizer, ...] = (muon, adam)

    def step(self, loss: Tensor, network: nn.Module, factor: float) -> None:
        """One update with the learning rate times ``factor``."""
        for optimizer in self._members:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        for optimizer in self._members:
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate * factor
            optimizer.step()


def train(
    network: nn.Module,
    source: BatchSource,
    costs: NetworkCosts,
    policy: GatePolicy | None,
    phase: Phase,
    seed: int,
    report: Callable[[int, float, float], None],
) -> None:
    """Train ``network`` through ``phase``.

    Args:
        network: float or quantized.
        source: the training utterances.
        costs: MACs of the network, for the compute fraction.
        policy: decides the gates; ``None`` leaves them to the arbitrators and puts a price on them.
        phase: what to do.
        seed: of order, augmentation and gate noise.
        report: called after each epoch with its number, the mean CTC loss and the mean compute fraction.
    """
    number = ("dense", "tune", "qat").index(phase.name)
    optimizers = Optimizers(network, phase.learning_rate)
    for epoch in range(phase.epochs):
        torch.manual_seed(1_000_003 * seed + 1009 * number + epoch)
        network.train()
        grown = min(1.0, epoch / (phase.epochs * phase.curriculum)) if phase.curriculum else 1.0
        shortest = 0.15 + 0.85 * grown
        count = source.count(BATCH, shortest)
        count = min(count, phase.batches or count)
        batches = islice(
            source.epoch(BATCH, (seed, number, epoch), phase.augmentation, grown, shortest), count
        )
        losses, fractions = [], []
        for index, batch in enumerate(batches):
            progress = (epoch + index / count) / phase.epochs
            gates = (
                None if policy is None else batch_gates(policy, batch, (seed << 20) + epoch * 10_000 + index)
            )
            sampling = GateSampling(geometric(*phase.temperature, progress), phase.noise)
            output = network(batch.features, batch.valid, forced_gates=gates, sampling=sampling)
            task = ctc_loss(output.logits, batch.lengths, batch.targets, batch.target_lengths)
            fraction = costs.compute_fraction(output.gates, batch.valid)
            price = cost_loss(fraction, *phase.cost.at(progress)) if policy is None else 0.0
            optimizers.step(task + price, network, one_cycle(progress, phase.warm_up))
            losses.append(float(task.detach()))
            fractions.append(float(fraction.detach()))
        report(epoch + 1, float(np.mean(losses)), float(np.mean(fractions)))


@torch.no_grad()
def quantized(
    model: AmortizedTransformer,
    settings: FeatureSettings,
    source: BatchSource,
    policy: GatePolicy | None,
    seed: int,
    utterances: int = 64,
) -> QuantizedTransformer:
    """Fold ``model`` and set its activation scales from ``utterances`` utterances under the same gates."""
    network = QuantizedTransformer(model.config, settings)
    network.load_state_dict(fold_batch_norm(model), strict=False)
    with observers(network):
        for index, batch in enumerate(source.sample(utterances, BATCH, (seed,))):
            gates = None if policy is None else batch_gates(policy, batch, index)
            network(batch.features, batch.valid, forced_gates=gates)
    return network


def batch_gates(policy: GatePolicy, batch: Batch, draw: int) -> Tensor:
    """Gates of a batch, float32 [batch, steps, blocks]; shut in the padding."""
    traces = [
        policy.trace(features[: int(length)].numpy(), draw * BATCH + row)
        for row, (features, length) in enumerate(zip(batch.features, batch.lengths, strict=True))
    ]
    gates = torch.zeros(*batch.features.shape[:2], traces[0].shape[1])
    for row, trace in enumerate(traces):
        gates[row, : len(trace)] = torch.from_numpy(trace).float()
    return gates
