"""torchrun with two processes: the same training as with one, and one set of files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skipstone.quantize.training.checkpoint import read_checkpoint
from skipstone.quantize.training.processes import Processes
from skipstone.quantize.training.recipe import Recipe, RecipeError
from skipstone.quantize.training.run import TrainingRun
from tone_run import Silent, recipe_toml, tone_recipe


def recipe(corpora: Path) -> Recipe:
    """Without dropout, gate noise and augmentation, whose random numbers each process draws for itself."""
    still = {"dropout": 0.0, "augmentation": {"ramp": 1.0}}
    stages = {
        "dense": {"epochs": 1, "average": 0.9, "optimizer": "muon", **still},
        "gated": {"epochs": 1, "gate_noise": 0.0, "patience": 2, **still},
    }
    return tone_recipe(corpora, stages)


def torchrun(corpora: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    file = folder / "recipe.toml"
    file.write_text(recipe_toml(recipe(corpora)))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    script = str(Path(__file__).with_name("rank_training.py"))
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*command, script, str(file), str(folder / "run"), *arguments],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        env=environment,
    )


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_two_processes_train_like_one(corpora: Path, tmp_path: Path) -> None:
    TrainingRun(recipe(corpora), tmp_path / "one", Silent()).run()
    stopped = torchrun(corpora, tmp_path, "gated")
    assert stopped.returncode != 0, "it was to stop in the second stage"
    done = torchrun(corpora, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]

    # both processes saw the same sums and have the same weights
    ranks = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert sorted(rank["rank"] for rank in ranks) == [0, 1]
    assert ranks[0]["weights"] == ranks[1]["weights"]
    assert ranks[0]["metrics"] == ranks[1]["metrics"]

    # one set of files
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {
        "state.safetensors",
        "metrics.jsonl",
        "metrics.json",
        "dense",
        "gated",
        "checkpoint",
        "tensorboard",
    }
    assert [line["stage"] for line in lines(tmp_path / "run")] == ["dense", "gated"]

    # and the result of one process, but for the order of float sums
    for one, two in zip(lines(tmp_path / "one"), lines(tmp_path / "run"), strict=True):
        assert one["task_loss"] == pytest.approx(two["task_loss"], rel=2e-3)
        assert one["train_compute_fraction"] == pytest.approx(two["train_compute_fraction"], abs=0.02)
    expected, found = (read_checkpoint(tmp_path / name / "dense").weights for name in ("one", "run"))
    for name in ("front.norm.running_mean", "layer0.mha.norm.running_var", "layer0.ffn.up.weight"):
        np.testing.assert_allclose(found[name], expected[name], rtol=0.05, atol=5e-3, err_msg=name)


def test_a_batch_must_have_an_utterance_for_each_process(corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="a batch of 8 for 9 processes"):
        TrainingRun(recipe(corpora), tmp_path / "run", Silent(), Processes(rank=0, size=9))
