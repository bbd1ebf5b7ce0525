"""Stage ``arbitrator``: gates in noise like those without it.

Arbitrators that learned beside the blocks open them in noise as in speech: in a kitchen the network computes
through every pause. Here nothing but the arbitrators is trained. Each row of features comes twice, as it is
and with noise; the arbitrators that the stage began with decide on the first, and the trained ones learn by
binary cross entropy to decide the same on the second. The rest of the network keeps its bytes.

Only the front and the arbitrators run, so an update takes a tenth of the time of one of the whole network.
"""

from __future__ import annotations

import copy

import numpy as np
import torch
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.qat.network import QuantizedTransformer
from skipstone.quantize.training.batches import Batch, BatchSource
from skipstone.quantize.training.noise_recordings import NoiseRecordings
from skipstone.quantize.training.processes import Processes
from skipstone.quantize.training.stage import StageTrainer, Update
from skipstone.quantize.training.stage_recipe import Stage
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits


class Decision(nn.Module):
    """The part of a network that decides: features [batch, steps, feature_count] → gate logits and gates,
    both [batch, steps, blocks]."""

    def __init__(self, network: QuantizedTransformer) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Decide, as the device does."""
        return self.network.decide(features)


class ArbitratorTrainer(StageTrainer):
    """Trains the shared arbitrator of a quantized network; arguments as of :class:`StageTrainer`."""

    def __init__(
        self,
        network: QuantizedTransformer,
        config: ModelConfig,
        stage: Stage,
        source: BatchSource,
        costs: NetworkCosts,
        priced: NetworkCosts,
        seed: tuple[int, int],
        processes: Processes,
    ) -> None:
        for name, parameter in network.named_parameters():
            trained = name.startswith("arbitrator.") and not name.endswith("log_scale")
            parameter.requires_grad_(trained)
        self._began = Decision(copy.deepcopy(network)).eval().requires_grad_(False)
        self._noise = NoiseRecordings(source.noise)
        super().__init__(network, config, stage, source, costs, priced, seed, processes)

    def _replicated(self, network: nn.Module) -> nn.Module:
        assert isinstance(network, QuantizedTransformer)
        return self.processes.replicate(Decision(network))

    def _train_batch(self, batch: Batch, progress: float) -> Update:
        self.learning_rate = self.optimizer.set_progress(progress)
        assert self.stage.noise is not None
        generator = np.random.default_rng(int(torch.randint(2**62, ())))
        settings = self.source.settings
        noisy = self._noise.twin(batch.features, batch.lengths, self.stage.noise, settings, generator)
        with torch.no_grad():
            _, wanted = self._began(batch.features)
        logits, gates = self._replica(noisy)
        loss = binary_cross_entropy_with_logits(logits[batch.valid], wanted[batch.valid])
        self._update(loss)
        with torch.no_grad():
            fraction = self._fraction(self.costs, gates, batch.valid)
            priced = self._fraction(self.priced, gates, batch.valid)
        mean_loss = self.processes.total(loss) / self.processes.size
        return Update(float(mean_loss), float(fraction), float(priced))
