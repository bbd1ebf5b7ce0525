"""Training under a gate policy: the project's own stage, its gates forced batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np
import torch
from policies import GatePolicy
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.qat.folding import fold_batch_norm
from skipstone.quantize.qat.network import QuantizedTransformer, observers
from skipstone.quantize.training.batches import Batch, BatchSource
from skipstone.quantize.training.processes import Processes
from skipstone.quantize.training.recipe import STAGE_ORDER
from skipstone.quantize.training.stage import EpochSums, StageTrainer, Update
from skipstone.quantize.training.stage_recipe import Stage
from torch import Tensor

CALIBRATION = 64
"""Utterances that the activation scales are set from."""


class PolicyTrainer(StageTrainer):
    """A stage whose gates come from a policy; without one it is the stage itself (learned gates)."""

    def __init__(
        self,
        network: AmortizedTransformer | QuantizedTransformer,
        stage: Stage,
        source: BatchSource,
        policy: GatePolicy | None,
        seed: int,
        teacher: AmortizedTransformer | None,
        priced: NetworkCosts | None,
    ) -> None:
        config: ModelConfig = network.config
        costs = NetworkCosts.of(config)
        number = STAGE_ORDER.index(stage.name)
        parts = (config, stage, source, costs, priced or costs)
        super().__init__(network, *parts, (seed, number), Processes(), teacher)
        self.policy = policy
        self._draws = count((seed * len(STAGE_ORDER) + number) << 32)

    def _train_batch(self, batch: Batch, progress: float) -> Update:
        if self.policy is not None:
            self.forced = batch_gates(self.policy, batch, next(self._draws))
        return super()._train_batch(batch, progress)


def train(
    network: AmortizedTransformer | QuantizedTransformer,
    stage: Stage,
    source: BatchSource,
    policy: GatePolicy | None,
    seed: int,
    report: Callable[[int, EpochSums], None],
    teacher: AmortizedTransformer | None = None,
    priced: NetworkCosts | None = None,
) -> None:
    """Train ``network`` in place through ``stage``.

    Args:
        network: float or quantized.
        stage: what to do.
        source: the training utterances.
        policy: decides the gates; ``None`` leaves them to the arbitrators and puts a price on them.
        seed: of order, augmentation, dropout and gates.
        report: called after each epoch with its number, from 1, and what it saw.
        teacher: for the stage's distillation.
        priced: what the loss counts instead of MACs.
    """
    trainer = PolicyTrainer(network, stage, source, policy, seed, teacher, priced)
    for epoch in range(stage.epochs):
        sums = EpochSums()
        trainer.run_epoch(epoch, sums)
        report(epoch + 1, sums)


@torch.no_grad()
def quantized(
    model: AmortizedTransformer,
    settings: FeatureSettings,
    source: BatchSource,
    policy: GatePolicy | None,
    seed: int,
) -> QuantizedTransformer:
    """Fold ``model`` and set its activation scales from utterances under the same gates."""
    model.eval()
    network = QuantizedTransformer(model.config, settings)
    network.load_state_dict(fold_batch_norm(model), strict=False)
    with observers(network):
        for index, batch in enumerate(source.sample(CALIBRATION, 16, (seed,))):
            gates = None if policy is None else batch_gates(policy, batch, index)
            network(batch.features, batch.valid, forced_gates=gates)
    return network


def batch_gates(policy: GatePolicy, batch: Batch, draw: int) -> Tensor:
    """Gates of a batch, float32 [batch, steps, blocks]; shut in the padding."""
    rows = len(batch.lengths)
    traces = [
        policy.trace(features[:length].numpy(), draw * rows + row)
        for row, (features, length) in enumerate(zip(batch.features, batch.lengths.tolist(), strict=True))
    ]
    gates = np.zeros((rows, batch.features.shape[1], traces[0].shape[1]), np.float32)
    for row, trace in zip(gates, traces, strict=True):
        row[: len(trace)] = trace
    return torch.from_numpy(gates)
