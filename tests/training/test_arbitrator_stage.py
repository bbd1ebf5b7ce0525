"""Stage arbitrator: gates in noise like those without it, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from skipstone.quantize.convert.checkpoint import read_checkpoint as read_for_conversion
from skipstone.quantize.convert.network import convert
from skipstone.quantize.corpora.feature_cache import CorpusFeatures
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.training.checkpoint import read_checkpoint
from skipstone.quantize.training.corpus_shares import CorpusShare
from skipstone.quantize.training.noise_recordings import NoiseRecordings
from skipstone.quantize.training.recipe import Recipe, RecipeError
from skipstone.quantize.training.run import TrainingRun
from skipstone.quantize.training.stage_recipe import NoiseTwin, Stage
from tone_run import Silent, tone_recipe

SETTINGS = FeatureSettings()


def recipe(corpora: Path, stages: dict[str, dict[str, Any]], **keys: Any) -> Recipe:
    """As :func:`tone_recipe`; what one tone corpus says is the noise of the other."""
    data = {
        "train": [str(corpora / "train" / "manifest.jsonl")],
        "dev": {"tones": str(corpora / "dev" / "manifest.jsonl")},
        "noise": [str(corpora / "dev" / "manifest.jsonl")],
        "cache": str(corpora / "cache"),
    }
    return tone_recipe(corpora, stages, data=data, **keys)


@pytest.fixture(scope="module")
def gated(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of dense, gated and qat whose arbitrators shut some blocks."""
    folder = tmp_path_factory.mktemp("gated")
    stages = {"dense": {}, "gated": {"cost_ramp": 0.0, "cost_target": 0.3, "epochs": 4}, "qat": {}}
    TrainingRun(tone_recipe(corpora, stages), folder, Silent()).run()
    return folder / "qat"


def test_the_arbitrators_learn_and_nothing_else_does(corpora: Path, tmp_path: Path, gated: Path) -> None:
    started = recipe(corpora, {"arbitrator": {"epochs": 8}}, initial={"checkpoint": str(gated)})
    checkpoint = TrainingRun(started, tmp_path / "run", Silent()).run()
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["task_loss"] < lines[0]["task_loss"]
    before, after = read_checkpoint(gated), read_checkpoint(checkpoint)
    changed = {name for name in before.weights if not torch.equal(before.weights[name], after.weights[name])}
    layers = ("hidden.weight", "hidden.bias", "logit.weight", "logit.bias")
    assert changed == {f"arbitrator.{layer}" for layer in layers}
    assert after.training["stage"] == "arbitrator"
    assert convert(read_for_conversion(checkpoint)) != convert(read_for_conversion(gated))


def test_an_interrupted_stage_resumes_to_the_same_weights(corpora: Path, tmp_path: Path, gated: Path) -> None:
    """The gates to learn are those that the stage began with, not those it was stopped at."""
    started = recipe(corpora, {"arbitrator": {"epochs": 2}}, initial={"checkpoint": str(gated)})
    TrainingRun(started, tmp_path / "whole", Silent()).run()
    with pytest.raises(KeyboardInterrupt):
        TrainingRun(started, tmp_path / "pieces", Silent("arbitrator 2")).run()
    TrainingRun(started, tmp_path / "pieces", Silent()).run()
    whole, pieces = (read_checkpoint(tmp_path / name / "checkpoint") for name in ("whole", "pieces"))
    for name, tensor in whole.weights.items():
        assert torch.equal(tensor, pieces.weights[name]), name


def test_it_follows_qat_in_one_recipe(corpora: Path, tmp_path: Path) -> None:
    stages: dict[str, dict[str, Any]] = {
        name: {"epochs": 1} for name in ("dense", "gated", "qat", "arbitrator")
    }
    TrainingRun(recipe(corpora, stages), tmp_path / "run", Silent()).run()
    summary = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert set(summary) == {*stages, "dev_utterances"}


def test_the_twin_is_in_noise_up_to_its_last_step() -> None:
    generator = np.random.default_rng(1)
    noise = generator.normal(0, 5, (30, 40)).astype(np.int8)
    recordings = NoiseRecordings([CorpusShare.whole(CorpusFeatures(noise, np.array([0, 30]), ("",)))])
    codes = np.full((2, 12, 160), -128, np.float32)
    codes[0, 2:5] = 60
    codes[1, 2:5] = 60
    features = torch.from_numpy((codes - SETTINGS.zero_point) * np.float32(SETTINGS.scale))
    lengths = torch.tensor([12, 8])
    twin = recordings.twin(features, lengths, NoiseTwin(share=1.0, snr=(12, 12)), SETTINGS, generator)
    found = (twin / SETTINGS.scale + SETTINGS.zero_point).round()
    assert (found[0, [0, 1, *range(5, 12)]] > -20).all(), "pauses are in noise as well"
    assert (found[1, 8:] == -128).all(), "padding is not"
    assert torch.equal(found[0, 2:5].mean().round(), torch.tensor(60.0) + 1), "12 dB below add 0.7 units"


def test_rows_beyond_the_share_stay_as_they_are() -> None:
    generator = np.random.default_rng(2)
    frames = generator.integers(-60, 60, (40, 40)).astype(np.int8)
    recordings = NoiseRecordings([CorpusShare.whole(CorpusFeatures(frames, np.array([0, 40]), ("",)))])
    codes = torch.from_numpy(generator.integers(-128, 128, (400, 3, 160)).astype(np.float32))
    features = (codes - SETTINGS.zero_point) * SETTINGS.scale
    twin = recordings.twin(features, torch.full((400,), 3), NoiseTwin(share=0.25), SETTINGS, generator)
    changed = (twin != features).flatten(1).any(1).sum()
    assert 60 < int(changed) < 140


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"name": "arbitrator"}, "needs a table noise"),
        ({"name": "gated", "noise": {}}, "no other stage has one"),
        ({"name": "arbitrator", "noise": {}, "gates": "all"}, "nothing to decide"),
        ({"name": "arbitrator", "noise": {}, "precision": "bfloat16"}, "exact integers"),
        ({"name": "arbitrator", "noise": {"snr": [20, 6]}}, "must not exceed"),
    ],
)
def test_a_stage_that_cannot_be_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Stage.model_validate({"epochs": 1, "learning_rate": 1e-3, **keys})


def test_it_needs_a_quantized_network(corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="needs a quantized network"):
        TrainingRun(recipe(corpora, {"dense": {}, "arbitrator": {}}), tmp_path, Silent()).run()


def test_arbitrators_of_single_blocks_are_refused(corpora: Path, tmp_path: Path) -> None:
    model = {**recipe(corpora, {"arbitrator": {}}).model, "arbitrator_input": "block"}
    with pytest.raises(RecipeError, match="arbitrator_input"):
        TrainingRun(recipe(corpora, {"arbitrator": {}}, model=model), tmp_path, Silent())
