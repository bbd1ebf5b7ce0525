"""Early stopping: the best epoch is kept, and what counts as best knows the price of compute."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from skipstone.quantize.training import stage_run
from skipstone.quantize.training.checkpoint import read_checkpoint
from skipstone.quantize.training.dev_evaluation import DevResult
from skipstone.quantize.training.early_stopping import Best, counts, is_better, is_over, score
from skipstone.quantize.training.run import TrainingRun
from skipstone.quantize.training.stage_recipe import Stage
from tone_run import Silent, tone_recipe
from torch import nn


def stage(**keys: object) -> Stage:
    return Stage.model_validate({"name": "gated", "epochs": 10, "learning_rate": 1e-3, "patience": 2, **keys})


def test_compute_above_the_target_counts_like_errors() -> None:
    assert score(stage(), 0.1, 1.0) == pytest.approx(0.1)
    priced = stage(cost_weight=4.0, cost_target=0.4)
    assert score(priced, 0.1, 0.9) == pytest.approx(0.6)
    assert score(priced, 0.1, 0.3) == pytest.approx(0.1)


def test_epochs_count_when_the_price_stands_still() -> None:
    assert counts(stage(), 1)
    priced = stage(cost_weight=4.0, cost_target=0.4, cost_ramp=0.5)
    assert [counts(priced, epoch) for epoch in (1, 4, 5, 10)] == [False, False, True, True]
    assert not is_better(priced, 4, 0.0, None)
    assert is_better(priced, 5, 0.5, None)
    assert not is_better(priced, 6, 0.5, Best(5, 0.5))


def test_patience() -> None:
    assert not is_over(stage(), 4, Best(3, 0.5))
    assert is_over(stage(), 5, Best(3, 0.5))
    assert not is_over(stage(patience=0), 9, Best(3, 0.5))
    assert is_over(stage(), 10, None)


def test_a_stage_without_progress_stops_and_keeps_its_best_epoch(corpora: Path, tmp_path: Path) -> None:
    """With a learning rate of nearly zero every epoch is as good as the first: it ends after the patience."""
    stages = {"dense": {"epochs": 9, "patience": 2, "learning_rate": 1e-9, "dropout": 0.0}}
    checkpoint = TrainingRun(tone_recipe(corpora, stages), tmp_path / "run", Silent()).run()
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    found = read_checkpoint(checkpoint)
    assert found.training["metrics"]["epochs"] == 3
    assert found.training["metrics"]["task_loss"] == lines[0]["task_loss"]


def test_the_best_weights_are_kept_not_the_last(
    corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four evaluations whose results are given: the second is the best one."""
    rates = iter([0.5, 0.2, 0.6, 0.7])
    seen: list[dict[str, torch.Tensor]] = []

    def scripted(network: nn.Module, *_: object) -> DevResult:
        seen.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
        return DevResult(next(rates), (1.0, 1.0))

    monkeypatch.setattr(stage_run, "evaluate", scripted)
    recipe = tone_recipe(corpora, {"dense": {"epochs": 9, "patience": 2, "average": 0.5}})
    checkpoint = read_checkpoint(TrainingRun(recipe, tmp_path / "run", Silent()).run())
    assert len(seen) == 4
    assert checkpoint.training["metrics"]["tones_word_error_rate"] == 0.2
    assert all(torch.equal(checkpoint.weights[name], tensor) for name, tensor in seen[1].items())
    assert not torch.equal(checkpoint.weights["head.weight"], seen[3]["head.weight"])
