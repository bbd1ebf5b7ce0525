"""A transducer trained by recipe: it learns, becomes int8, converts, and TFLM reads the same words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from skipstone.quantize.convert.checkpoint import read_checkpoint as read_for_conversion
from skipstone.quantize.convert.network import convert
from skipstone.quantize.corpora.manifest import read_manifest
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.evaluation.evaluate import Evaluation, evaluate
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.config import ModelConfig, ModelConfigError
from skipstone.quantize.training.checkpoint import Checkpoint, read_checkpoint
from skipstone.quantize.training.initial import match_tokens
from skipstone.quantize.training.run import TrainingRun
from tone_run import MODEL, Silent, tone_recipe

TRANSDUCER = {**MODEL, "head": "transducer", "predictor_width": 8, "joint_width": 32}


def test_it_learns_the_tones_and_tflm_reads_the_same_words(corpora: Path, tmp_path: Path) -> None:
    stages = {
        "dense": {"epochs": 40, "curriculum": 0.0, "dropout": 0.0},
        "qat": {"epochs": 1, "gates": "all"},
    }
    recipe = tone_recipe(corpora, stages, model=TRANSDUCER)
    checkpoint = TrainingRun(recipe, tmp_path / "run", Silent()).run()
    summary = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert summary["dense"]["tones_word_error_rate"] < 0.5
    assert summary["qat"]["tones_word_error_rate"] < 0.6
    runner = TflmRunner(convert(read_for_conversion(checkpoint)))
    utterances = read_manifest(corpora / "dev" / "manifest.jsonl")
    result = Evaluation.of(evaluate(runner, utterances, "all"), "all")
    assert result.word_error_rate == pytest.approx(summary["qat"]["tones_word_error_rate"], abs=1e-5)


@pytest.mark.parametrize("lattice", ["one", "any"])
def test_every_stage_runs_with_either_lattice(corpora: Path, tmp_path: Path, lattice: str) -> None:
    model = {**TRANSDUCER, "symbols_per_step": lattice}
    checkpoint = TrainingRun(tone_recipe(corpora, model=model), tmp_path / "run", Silent()).run()
    assert read_checkpoint(checkpoint).config.symbols_per_step == lattice
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    losses = [json.loads(line)["task_loss"] for line in lines]
    assert np.isfinite(losses).all()
    assert losses[1] < losses[0]


def test_embeddings_follow_their_tokens() -> None:
    def fresh(words: str) -> tuple[TokenList, AmortizedTransformer]:
        tokens = TokenList.of_words([words])
        config = ModelConfig(vocabulary=len(tokens.tokens), **TRANSDUCER)
        return tokens, AmortizedTransformer(config)

    tokens, model = fresh("high zebra low")
    wanted, network = fresh("high low middle")
    name = "predictor.embedding.weight"
    given, own = model.state_dict(), network.state_dict()
    checkpoint = Checkpoint(model.config, FeatureSettings(), tokens, given, {"stage": "dense"})
    matched = match_tokens(checkpoint, wanted, own)[name]
    assert torch.equal(matched[:3], given[name][:3])
    assert torch.equal(matched[3], own[name][3])


@pytest.mark.parametrize(
    ("key", "value"),
    [("head", "rnnt"), ("symbols_per_step", "two"), ("predictor_width", 0), ("joint_width", -1)],
)
def test_wrong_keys_of_the_model_table_are_named(key: str, value: object) -> None:
    with pytest.raises(ModelConfigError, match=key):
        ModelConfig.from_dict({"vocabulary": 5, key: value})
