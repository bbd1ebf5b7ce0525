"""One stage of training: epochs over the training data, an evaluation after each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from skipstone.quantize.losses.cost import CostSchedule, cost_loss
from skipstone.quantize.losses.ctc import ctc_loss
from skipstone.quantize.models.arbitrator import GateSampling
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.training.batches import Batch, BatchSource
from skipstone.quantize.training.recipe import Stage
from skipstone.quantize.training.schedule import geometric, one_cycle
from torch import Tensor, nn


@dataclass
class EpochSums:
    """Means over an epoch, weighted by batches."""

    batches: int = 0
    task_loss: float = 0.0
    compute_fraction: float = 0.0

    def add(self, task_loss: float, compute_fraction: float) -> None:
        """Count one batch."""
        self.batches += 1
        self.task_loss += task_loss
        self.compute_fraction += compute_fraction

    def as_dict(self) -> dict[str, float]:
        """Mean values for ``metrics.jsonl``."""
        count = max(1, self.batches)
        return {
            "task_loss": round(self.task_loss / count, 5),
            "train_compute_fraction": round(self.compute_fraction / count, 4),
        }


def make_optimizer(network: nn.Module, stage: Stage) -> torch.optim.Optimizer:
    """AdamW: matrices decay, vectors do not, activation scales (names ending in ``log_scale``) have
    their own rate."""
    groups: dict[str, list[nn.Parameter]] = {"matrices": [], "vectors": [], "scales": []}
    for name, parameter in network.named_parameters():
        kind = "scales" if name.endswith("log_scale") else "matrices" if parameter.ndim > 1 else "vectors"
        groups[kind].append(parameter)
    rate = stage.learning_rate
    return torch.optim.AdamW(
        [
            {"params": groups["matrices"], "peak": rate, "weight_decay": stage.weight_decay},
            {"params": groups["vectors"], "peak": rate, "weight_decay": 0.0},
            {"params": groups["scales"], "peak": rate * stage.scale_learning_rate, "weight_decay": 0.0},
        ],
        lr=rate,
        betas=(0.9, 0.98),
    )


class StageTrainer:
    """Runs the epochs of one stage on a network."""

    def __init__(
        self,
        network: nn.Module,
        stage: Stage,
        source: BatchSource,
        costs: NetworkCosts,
        seed: tuple[int, int],
    ) -> None:
        self.network = network
        self.stage = stage
        self.source = source
        self.costs = costs
        self.seed = seed
        self.optimizer = make_optimizer(network, stage)
        self.schedule = CostSchedule(stage.cost_weight, stage.cost_target, stage.cost_start, stage.cost_ramp)
        self.forced = torch.ones(len(costs.blocks)) if stage.name == "dense" else None

    def run_epoch(self, epoch: int, advance: Callable[[], None] = lambda: None) -> EpochSums:
        """Train on every utterance once; ``epoch`` counts from 0."""
        torch.manual_seed(self.seed[0] * 1_000_003 + self.seed[1] * 1009 + epoch)
        self.network.train()
        sums = EpochSums()
        batches = self.batches(epoch)
        for index, batch in enumerate(
            self.source.epoch(
                self.stage.batch,
                (*self.seed, epoch),
                self.stage.augmentation,
                augmented=self._grown(epoch, self.stage.augmentation.ramp, 0.0),
                shortest=self._grown(epoch, self.stage.curriculum, self.stage.curriculum_start),
            )
        ):
            progress = (epoch + index / batches) / self.stage.epochs
            sums.add(*self._train_batch(batch, progress))
            advance()
        return sums

    def batches(self, epoch: int) -> int:
        """Batches of ``epoch``."""
        shortest = self._grown(epoch, self.stage.curriculum, self.stage.curriculum_start)
        return self.source.count(self.stage.batch, shortest)

    def _grown(self, epoch: int, ramp: float, start: float) -> float:
        """A share that grows from ``start`` to one over the part ``ramp`` of the stage."""
        grown = 1.0 if ramp == 0 else min(1.0, epoch / (self.stage.epochs * ramp))
        return start + (1 - start) * grown

    def _train_batch(self, batch: Batch, progress: float) -> tuple[float, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * one_cycle(progress, self.stage.warm_up)
        valid = batch.valid
        output = self.network(
            batch.features, valid, forced_gates=self.forced, sampling=self._sampling(progress)
        )
        task = ctc_loss(output.logits, batch.lengths, batch.targets, batch.target_lengths)
        fraction = self.costs.compute_fraction(output.gates, valid)
        self._update(task + self._price(fraction, progress))
        return float(task.detach()), float(fraction.detach())

    def _sampling(self, progress: float) -> GateSampling | None:
        if self.forced is not None:
            return None
        return GateSampling(geometric(*self.stage.temperature, progress), self.stage.gate_noise)

    def _price(self, fraction: Tensor, progress: float) -> Tensor:
        weight, target = self.schedule.at(progress)
        return cost_loss(fraction, weight, target)

    def _update(self, loss: Tensor) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.stage.gradient_clip)
        self.optimizer.step()
