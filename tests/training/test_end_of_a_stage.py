"""Towards its end a stage trains as the device computes: without gate noise, with fixed normalization."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.training.batches import Batch
from skipstone.quantize.training.processes import Processes
from skipstone.quantize.training.stage import EpochSums, StageTrainer
from skipstone.quantize.training.stage_recipe import Stage

CONFIG = ModelConfig(vocabulary=4, d_model=8, layers=1, heads=1, head_dim=8, positions=4, ffn=8, conv_taps=3)
BATCHES = 4


class OneBatch:
    """A source that gives the same batch every time."""

    def __init__(self) -> None:
        draw = np.random.default_rng(1).normal(0, 2, (2, 12, CONFIG.feature_count)).astype(np.float32)
        lengths = torch.tensor([12, 9])
        targets = torch.tensor([1, 2, 3])
        texts = ("one two", "three")
        self.batch = Batch(torch.from_numpy(draw), lengths, targets, torch.tensor([2, 1]), texts)

    def count(self, batch: int, shortest: float = 1.0) -> int:
        return BATCHES

    def epoch(self, *_: object, **__: object) -> list[Batch]:
        return [self.batch] * BATCHES


def trained(after: Callable[[AmortizedTransformer], None], **keys: float) -> AmortizedTransformer:
    """One epoch of stage gated; ``after`` is called after each update."""
    torch.manual_seed(0)
    network = AmortizedTransformer(CONFIG)
    stage = Stage.model_validate(
        {"name": "gated", "epochs": 1, "learning_rate": 1e-3, "dropout": 0.0, **keys}
    )
    costs = NetworkCosts.of(CONFIG)
    source: object = OneBatch()
    trainer = StageTrainer(network, CONFIG, stage, source, costs, costs, (1, 1), Processes())  # type: ignore[arg-type]
    trainer.run_epoch(0, EpochSums(), after=lambda done, update: after(network))
    return network


@pytest.mark.parametrize(("share", "changes"), [(0.5, 2), (1.0, 4), (0.0, 0)])
def test_normalization_gathers_no_statistics_once_it_is_frozen(share: float, changes: int) -> None:
    means: list[torch.Tensor] = [torch.zeros(CONFIG.d_model)]
    trained(lambda network: means.append(network.norm.running_mean.clone()), normalization_frozen=share)
    moved = [not torch.equal(a, b) for a, b in pairwise(means)]
    assert moved == [True] * changes + [False] * (BATCHES - changes)


def test_frozen_normalization_still_learns_its_scale() -> None:
    network = trained(lambda network: None, normalization_frozen=0.0)
    assert not torch.equal(network.norm.weight, torch.ones(CONFIG.d_model))


def test_gate_noise_ends_after_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    plain = StageTrainer._sampling

    def spy(self: StageTrainer, progress: float) -> object:
        sampling = plain(self, progress)
        assert sampling is not None
        seen.append(sampling.noise)
        return sampling

    monkeypatch.setattr(StageTrainer, "_sampling", spy)
    trained(lambda network: None, gate_noise=0.5)
    assert seen == [True, True, False, False]


def test_a_share_beyond_one_is_refused() -> None:
    with pytest.raises(ValueError, match="gate_noise"):
        Stage(name="gated", epochs=1, learning_rate=1e-3, gate_noise=1.5)
