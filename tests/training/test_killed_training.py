"""A training that dies at any moment goes on to the same weights, metrics and files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from skipstone.quantize.training.checkpoint import read_checkpoint
from skipstone.quantize.training.recipe import Recipe
from skipstone.quantize.training.run import TrainingRun
from tone_run import Silent, recipe_toml, tone_recipe


class Killed(BaseException):
    """Stands for the end of the process."""


def small_recipe(corpora: Path, epochs: int = 1) -> Recipe:
    """Two stages of two batches an epoch, with everything that a state must hold; saved after each batch."""
    stages: dict[str, dict[str, Any]] = {
        "dense": {"epochs": epochs, "optimizer": "muon", "average": 0.9, "dropout": 0.1},
        "gated": {"epochs": 2 * epochs, "patience": epochs, "average": 0.9},
    }
    recipe = tone_recipe(corpora, stages, save_minutes=0.0)
    train = recipe.data.train[0].model_copy(update={"speakers": ("a",)})
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"train": (train,)})})


def files(folder: Path) -> set[str]:
    """All but the event files, whose names hold a time."""
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if "tensorboard" not in p.parts}


def lines(folder: Path) -> list[dict[str, Any]]:
    """``metrics.jsonl`` without what depends on the clock."""
    parsed = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in parsed]


def assert_same(whole: Path, pieces: Path) -> None:
    for name in ("dense", "gated", "checkpoint"):
        expected, found = read_checkpoint(whole / name), read_checkpoint(pieces / name)
        assert set(expected.weights) == set(found.weights)
        for tensor in expected.weights:
            assert torch.equal(expected.weights[tensor], found.weights[tensor]), (name, tensor)
        assert expected.training["recipe"] == found.training["recipe"]
    assert lines(whole) == lines(pieces)
    assert files(whole) == files(pieces)


@pytest.fixture(scope="module")
def whole(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    TrainingRun(small_recipe(corpora), folder, Silent()).run()
    return folder


def replaced(monkeypatch: pytest.MonkeyPatch, action: Callable[[int], None]) -> None:
    """Call ``action`` with a count before every renaming, the moment at which a file comes to be."""
    count = 0
    original = Path.replace

    def counting(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        action(count)
        return original(self, target)

    monkeypatch.setattr(Path, "replace", counting)


def test_death_before_a_file_is_renamed(
    corpora: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small_recipe(corpora)
    seen: list[int] = []
    with monkeypatch.context() as patch:
        replaced(patch, seen.append)
        TrainingRun(recipe, tmp_path / "counted", Silent()).run()
    assert len(seen) > 15
    places = seen[:7] + seen[-4:]  # the whole first stage and the end of the run

    def die_at(place: int) -> Callable[[int], None]:
        def die(count: int) -> None:
            if count == place:
                raise Killed

        return die

    for place in places:
        folder = tmp_path / str(place)
        with monkeypatch.context() as patch:
            replaced(patch, die_at(place))
            with pytest.raises(Killed):
                TrainingRun(recipe, folder, Silent()).run()
        TrainingRun(recipe, folder, Silent()).run()
        assert_same(whole, folder)


def test_killed_processes_resume_to_the_same_weights(corpora: Path, tmp_path: Path) -> None:
    parsed = small_recipe(corpora, epochs=12)
    TrainingRun(parsed, tmp_path / "whole", Silent()).run()
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(recipe_toml(parsed))
    script = Path(__file__).with_name("kill_training.py")
    command = [sys.executable, str(script), str(recipe), str(tmp_path / "pieces"), "6"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) >= 3, f"too few kills to prove anything: {done.stdout}"
    assert_same(tmp_path / "whole", tmp_path / "pieces")


def test_leftovers_of_a_killed_process_are_deleted(corpora: Path, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / ".dense.abc").mkdir(parents=True)
    (folder / ".state.safetensors.xyz").write_bytes(b"half")
    (folder / "notes.txt").write_text("mine")
    TrainingRun(small_recipe(corpora), folder, Silent()).run()
    assert files(folder) == files(whole) | {"notes.txt"}
