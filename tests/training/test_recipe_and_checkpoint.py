"""Recipes and checkpoints: every mistake is named, schedules do what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.training.checkpoint import (
    Checkpoint,
    CheckpointError,
    load_weights,
    read_checkpoint,
    write_checkpoint,
)
from skipstone.quantize.training.recipe import RecipeError, expand_path, read_recipe
from skipstone.quantize.training.schedule import geometric, one_cycle

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_shipped_recipes_are_valid(path: Path) -> None:
    recipe = read_recipe(path)
    ModelConfig.from_dict({**recipe.model, "vocabulary": 10})
    assert recipe.stages[-1].is_quantized


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = ", "cannot read"),
        ("sead = 1", "sead"),
        ("[data]\ntrain = []\ndev = {a = 'b'}\n[[stages]]\nname='dense'\nepochs=1\nlearning_rate=1", "train"),
        ("[data]\ntrain = ['a']\ndev = {a = 'b'}\nstages = []", "stages"),
        (
            "[data]\ntrain=['a']\ndev={a='b'}\n[[stages]]\nname='qat'\nepochs=1\nlearning_rate=1\n"
            "[[stages]]\nname='dense'\nepochs=1\nlearning_rate=1",
            "in this order",
        ),
    ],
)
def test_wrong_recipes_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=message):
        read_recipe(path)


def test_paths_take_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_DATA", "/data")
    assert expand_path("${SOME_DATA}/train.jsonl") == Path("/data/train.jsonl")
    monkeypatch.delenv("SOME_DATA")
    with pytest.raises(RecipeError, match="SOME_DATA"):
        expand_path("${SOME_DATA}/train.jsonl")


def test_checkpoint_round_trip(tmp_path: Path) -> None:
    tokens = TokenList.of_words(["one two", "two three"])
    config = ModelConfig(vocabulary=4, layers=2)
    weights = {"a.weight": torch.randn(3, 4), "a.scale": torch.tensor(0.25)}
    checkpoint = Checkpoint(config, FeatureSettings(), tokens, weights, {"stage": "dense", "recipe": "x"})
    write_checkpoint(tmp_path / "checkpoint", checkpoint)
    again = read_checkpoint(tmp_path / "checkpoint")
    assert (again.config, again.tokens, again.training) == (config, tokens, checkpoint.training)
    assert all(torch.equal(again.weights[name], weights[name]) for name in weights)


def test_checkpoint_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot read"):
        read_checkpoint(tmp_path / "nothing")


def test_weights_of_another_network_are_listed() -> None:
    module = torch.nn.Linear(2, 3)
    wrong = {"weight": torch.zeros(3, 5), "extra": torch.zeros(1)}
    with pytest.raises(CheckpointError, match=r"no bias; unknown extra; weight is \[3, 5\], not \[3, 2\]"):
        load_weights(module, wrong, "test")


def test_schedules() -> None:
    assert one_cycle(0.0, 0.2) == pytest.approx(0.04)
    assert one_cycle(0.2, 0.2) == pytest.approx(1.0)
    assert one_cycle(1.0, 0.2) == pytest.approx(1e-3)
    assert geometric(1.0, 0.25, 0.5) == pytest.approx(0.5)
