"""Early stopping: the best epoch is kept, and what counts as best knows the price of compute."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from skipstone.quantize.training.checkpoint import read_checkpoint
from skipstone.quantize.training.early_stopping import Best, counts, is_better, is_over, score
from skipstone.quantize.training.run import TrainingRun
from skipstone.quantize.training.stage_recipe import Stage
from tone_run import Silent, tone_recipe


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


def test_the_best_weights_are_kept_not_the_last(corpora: Path, tmp_path: Path) -> None:
    """A learning rate that destroys the network after a good start."""
    good = {"dense": {"epochs": 12, "learning_rate": 4e-3}}
    first = TrainingRun(tone_recipe(corpora, good), tmp_path / "good", Silent()).run()
    bad = {"dense": {"epochs": 6, "patience": 5, "learning_rate": 3.0, "warm_up": 0.9, "gradient_clip": 1e6}}
    recipe = tone_recipe(corpora, bad, initial={"checkpoint": str(first)})
    checkpoint = TrainingRun(recipe, tmp_path / "bad", Silent()).run()
    lines = [json.loads(line) for line in (tmp_path / "bad" / "metrics.jsonl").read_text().splitlines()]
    rates = [line["tones_word_error_rate"] for line in lines]
    assert min(rates) < rates[-1], "the last epoch was to be worse than the best"
    kept = read_checkpoint(checkpoint).training["metrics"]
    assert kept["tones_word_error_rate"] == min(rates)
    assert all(torch.isfinite(tensor).all() for tensor in read_checkpoint(checkpoint).weights.values())
