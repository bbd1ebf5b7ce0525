"""The updates of one stage of training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from skipstone.quantize.losses.cost import CostSchedule, cost_loss
from skipstone.quantize.losses.distillation import distillation_loss
from skipstone.quantize.models.amortized_transformer import NetworkOutput
from skipstone.quantize.models.arbitrator import GateSampling
from skipstone.quantize.models.collective import sum_over_processes
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.models.normalization import StepBatchNorm
from skipstone.quantize.qat.network import QuantizedTransformer
from skipstone.quantize.training.average import WeightAverage
from skipstone.quantize.training.batches import Batch, BatchSource
from skipstone.quantize.training.optimizer import StageOptimizer
from skipstone.quantize.training.processes import Processes
from skipstone.quantize.training.schedule import geometric
from skipstone.quantize.training.stage_recipe import Stage
from skipstone.quantize.training.task import task_loss
from torch import Tensor, nn


@dataclass(frozen=True)
class Update:
    """What one update saw, over all processes.

    Attributes:
        task_loss: mean negative log likelihood per token.
        compute_fraction: in MACs.
        cost_fraction: in the costs that the loss counts (MACs, or those of a profile).
    """

    task_loss: float
    compute_fraction: float
    cost_fraction: float


@dataclass
class EpochSums:
    """Sums over the updates of an epoch."""

    batches: int = 0
    task_loss: float = 0.0
    compute_fraction: float = 0.0
    cost_fraction: float = 0.0

    def add(self, update: Update) -> None:
        """Count one update."""
        self.batches += 1
        for name, value in asdict(update).items():
            setattr(self, name, getattr(self, name) + value)

    def means(self) -> dict[str, float]:
        """Mean values for ``metrics.jsonl``."""
        count = max(1, self.batches)
        return {
            "task_loss": round(self.task_loss / count, 5),
            "train_compute_fraction": round(self.compute_fraction / count, 4),
            "train_cost_fraction": round(self.cost_fraction / count, 4),
        }


def freeze_arbitrators(network: nn.Module) -> None:
    """Without gates the arbitrators have no part in the loss: processes must not wait for gradients."""
    for name, parameter in network.named_parameters():
        if "arbitrator" in name.split("."):
            parameter.requires_grad_(False)


def freeze_normalization(network: nn.Module) -> None:
    """Normalize with the running statistics, and gather no new ones, until ``train()`` is called again."""
    for module in network.modules():
        if isinstance(module, StepBatchNorm):
            module.eval()


class StageTrainer:
    """Trains a network for one stage, epoch by epoch.

    Args:
        network: float or quantized, on the device of ``processes``.
        config: of the network.
        stage: the recipe's table.
        source: the training utterances.
        costs: MACs of the network.
        priced: the costs that the loss counts; ``costs`` where they are the MACs too.
        seed: of the run, and the number of the stage.
        processes: this one among those that train together.
        teacher: float network for the stage's distillation, on the same device; it is not trained.
    """

    def __init__(
        self,
        network: nn.Module,
        config: ModelConfig,
        stage: Stage,
        source: BatchSource,
        costs: NetworkCosts,
        priced: NetworkCosts,
        seed: tuple[int, int],
        processes: Processes,
        teacher: nn.Module | None = None,
    ) -> None:
        self.teacher = None if teacher is None else teacher.eval().requires_grad_(False)
        self.network = network
        self.config = config
        self.stage = stage
        self.source = source
        self.costs = costs
        self.priced = priced
        self.seed = seed
        self.processes = processes
        self.optimizer = StageOptimizer(network, stage)
        self.average = WeightAverage(network, stage.average)
        self.learning_rate = 0.0
        self.schedule = CostSchedule(stage.cost_weight, stage.cost_target, stage.cost_start, stage.cost_ramp)
        everything = torch.ones(len(costs.blocks), device=processes.device)
        self.forced = everything if stage.is_dense else None
        if self.forced is not None:
            freeze_arbitrators(network)
        if isinstance(network, QuantizedTransformer):
            network.set_exact_training(stage.rounding == "exact")
        self._replica = self._replicated(network)

    def _replicated(self, network: nn.Module) -> nn.Module:
        """What an update runs."""
        return self.processes.replicate(network)

    def run_epoch(
        self,
        epoch: int,
        sums: EpochSums,
        start: int = 0,
        after: Callable[[int, Update], None] = lambda done, update: None,
    ) -> None:
        """Train on every utterance once.

        Args:
            epoch: counted from 0.
            sums: of the first ``start`` batches; those of the others are added.
            start: batches that were done before.
            after: called after each update with the number of batches done and what the update saw.
        """
        self._replica.train()
        batches = self.batches(epoch)
        source = self._epoch_batches(epoch, start)
        for index, batch in enumerate(source, start):
            torch.manual_seed(self._noise_seed(epoch, index))
            progress = (epoch + index / batches) / self.stage.epochs
            update = self._train_batch(batch.to(self.processes.device), progress)
            sums.add(update)
            after(index + 1, update)

    def batches(self, epoch: int) -> int:
        """Batches of ``epoch``."""
        shortest = self._grown(epoch, self.stage.curriculum, self.stage.curriculum_start)
        running = self.stage.running(epoch)
        if running is not None:
            return self.source.stream_count(self.stage.batch, running, shortest)
        return self.source.count(self.stage.batch, shortest)

    def _epoch_batches(self, epoch: int, start: int) -> Iterator[Batch]:
        stage = self.stage
        seed = (*self.seed, epoch)
        augmented = self._grown(epoch, stage.augmentation.ramp, 0.0)
        shortest = self._grown(epoch, stage.curriculum, stage.curriculum_start)
        rest: dict[str, Any] = {"augmented": augmented, "shortest": shortest, "start": start}
        rest["part"] = self.processes.part
        running = stage.running(epoch)
        if running is not None:
            return self.source.streams(stage.batch, seed, stage.augmentation, running, **rest)
        return self.source.epoch(stage.batch, seed, stage.augmentation, **rest)

    def _noise_seed(self, epoch: int, batch: int) -> int:
        """Seed of dropout and gate noise: each batch and each process has its own."""
        sequence = np.random.SeedSequence((*self.seed, epoch, batch, self.processes.rank))
        return int(sequence.generate_state(1)[0])

    def _grown(self, epoch: int, ramp: float, start: float) -> float:
        """A share that grows from ``start`` to one over the part ``ramp`` of the stage."""
        grown = 1.0 if ramp == 0 else min(1.0, epoch / (self.stage.epochs * ramp))
        return start + (1 - start) * grown

    def _train_batch(self, batch: Batch, progress: float) -> Update:
        self.learning_rate = self.optimizer.set_progress(progress)
        if progress >= self.stage.normalization_frozen:
            freeze_normalization(self.network)
        sampling = self._sampling(progress)
        task, output = task_loss(
            self._replica, self.config, batch, self.forced, sampling, self.stage.precision
        )
        priced = self._fraction(self.priced, output.gates, batch.valid)
        learned = self.stage.task_weight * task + self._distillation(output, batch)
        self._update(learned + cost_loss(priced, *self.schedule.at(progress)))
        with torch.no_grad():
            fraction = self._fraction(self.costs, output.gates, batch.valid)
        mean_task = self.processes.total(task) / self.processes.size
        return Update(float(mean_task), float(fraction), float(priced.detach()))

    def _distillation(self, output: NetworkOutput, batch: Batch) -> Tensor:
        """The weighted loss; the teacher has its own gates in stage ``qat`` (or the forced ones), else all.

        With the student's gates the two agree best where nothing runs, and the student would shut them.
        """
        if self.teacher is None:
            return output.logits.new_zeros(())
        gates = self.forced if self.stage.name == "qat" else torch.ones_like(output.gates)
        reduced = torch.autocast(
            batch.features.device.type, torch.bfloat16, enabled=self.stage.precision == "bfloat16"
        )
        with torch.no_grad(), reduced:
            answer = self.teacher(batch.features, batch.valid, forced_gates=gates)
        loss = distillation_loss(output.logits, answer.logits, batch.valid, batch.target_lengths)
        return self.stage.distillation * loss

    def _sampling(self, progress: float) -> GateSampling | None:
        if self.forced is not None:
            return None
        noise = progress < self.stage.gate_noise
        return GateSampling(geometric(*self.stage.temperature, progress), noise)

    def _fraction(self, costs: NetworkCosts, gates: Tensor, valid: Tensor) -> Tensor:
        """Fraction over the steps of all processes."""
        steps = valid.sum()
        fraction = costs.compute_fraction(gates, valid)
        if self.processes.size == 1:
            return fraction
        return sum_over_processes(fraction * steps) / sum_over_processes(steps)

    def _update(self, loss: Tensor) -> None:
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.stage.gradient_clip)
        self.optimizer.step()
        self.average.update()
