"""A whole training run: three stages, resumable to the same weights, and a checkpoint that converts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from skipstone.quantize.convert.checkpoint import read_checkpoint as read_for_conversion
from skipstone.quantize.convert.network import convert
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.training.checkpoint import CheckpointError, read_checkpoint
from skipstone.quantize.training.run import TrainingRun
from tone_run import Silent, tone_recipe


def test_interrupted_run_resumes_to_the_same_weights(corpora: Path, tmp_path: Path) -> None:
    recipe = tone_recipe(corpora)
    TrainingRun(recipe, tmp_path / "whole", Silent()).run()
    for stop in ("dense 2", "gated 1", "gated 2", "qat 1"):
        with pytest.raises(KeyboardInterrupt):
            TrainingRun(recipe, tmp_path / "pieces", Silent(stop)).run()
    TrainingRun(recipe, tmp_path / "pieces", Silent()).run()
    whole, pieces = (read_checkpoint(tmp_path / name / "checkpoint") for name in ("whole", "pieces"))
    assert whole.training["stage"] == pieces.training["stage"] == "qat"
    for name, tensor in whole.weights.items():
        assert torch.equal(tensor, pieces.weights[name]), name


def test_running_speech_resumes_to_the_same_weights(corpora: Path, tmp_path: Path) -> None:
    running = {"stream_steps": (20, 40), "stream_share": 0.6}
    recipe = tone_recipe(corpora, {"dense": {**running, "stream_start": 0.5}, "gated": running})
    TrainingRun(recipe, tmp_path / "whole", Silent()).run()
    with pytest.raises(KeyboardInterrupt):
        TrainingRun(recipe, tmp_path / "pieces", Silent("gated 1")).run()
    TrainingRun(recipe, tmp_path / "pieces", Silent()).run()
    whole, pieces = (read_checkpoint(tmp_path / name / "checkpoint") for name in ("whole", "pieces"))
    for name, tensor in whole.weights.items():
        assert torch.equal(tensor, pieces.weights[name]), name


def test_run_leaves_metrics_and_a_checkpoint_that_converts(corpora: Path, tmp_path: Path) -> None:
    run = TrainingRun(tone_recipe(corpora), tmp_path / "run", Silent())
    checkpoint = run.run()
    run.publish(tmp_path / "shipped")
    assert (tmp_path / "shipped" / "checkpoint" / "weights.safetensors").read_bytes() == (
        checkpoint / "weights.safetensors"
    ).read_bytes()
    assert (tmp_path / "shipped" / "metrics.json").exists()
    model = IntegerInterpreter(convert(read_for_conversion(checkpoint)))
    logits, gates = model.step(np.zeros((1, 160), np.int8), np.zeros((1, 2), np.int8))
    assert (logits.shape, gates.shape) == ((1, 4), (1, 2))
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in lines] == ["dense", "dense", "gated", "gated", "qat"]
    assert all(0 <= line["tones_compute_fraction"] <= 1 for line in lines)
    summary = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert set(summary) == {"dense", "gated", "qat", "dev_utterances"}


def test_training_learns_the_tones(corpora: Path, tmp_path: Path) -> None:
    recipe = tone_recipe(corpora, {"dense": {"epochs": 40}})
    TrainingRun(recipe, tmp_path / "run", Silent()).run()
    summary = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert summary["dense"]["tones_word_error_rate"] < 0.2


def test_finished_stages_are_kept_when_a_later_stage_changes(corpora: Path, tmp_path: Path) -> None:
    recipe = tone_recipe(corpora)
    TrainingRun(recipe, tmp_path / "run", Silent()).run()
    dense = (tmp_path / "run" / "dense" / "weights.safetensors").stat().st_mtime_ns
    last = recipe.stages[2].model_copy(update={"learning_rate": 2e-4})
    changed = recipe.model_copy(update={"stages": (*recipe.stages[:2], last)})
    TrainingRun(changed, tmp_path / "run", Silent("dense")).run()
    assert (tmp_path / "run" / "dense" / "weights.safetensors").stat().st_mtime_ns == dense
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 6


def test_damaged_state_is_named(corpora: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "state.safetensors").write_bytes(b"\x05\0\0\0\0\0\0\0{bad}")
    with pytest.raises(CheckpointError, match=r"state\.safetensors"):
        TrainingRun(tone_recipe(corpora), tmp_path / "run", Silent()).run()
