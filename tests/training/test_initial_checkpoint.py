"""Runs that begin with a checkpoint: of another vocabulary, of a later stage, of another network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.training.checkpoint import (
    Checkpoint,
    CheckpointError,
    read_checkpoint,
    write_checkpoint,
)
from skipstone.quantize.training.initial import match_tokens
from skipstone.quantize.training.recipe import RecipeError
from skipstone.quantize.training.run import TrainingRun
from tone_run import MODEL, Silent, tone_recipe


def dense_checkpoint(words: str, **model: Any) -> Checkpoint:
    tokens = TokenList.of_words([words])
    config = ModelConfig(vocabulary=len(tokens.tokens), **{**MODEL, **model})
    torch.manual_seed(5)
    weights = AmortizedTransformer(config).state_dict()
    return Checkpoint(config, FeatureSettings(), tokens, weights, {"stage": "dense", "recipe": ""})


def begun(
    corpora: Path, folder: Path, checkpoint: Checkpoint | Path, stage: str = "gated", **keys: Any
) -> Path:
    """A run of no epochs: its checkpoint has the weights that it began with."""
    path = checkpoint if isinstance(checkpoint, Path) else folder / "initial"
    if isinstance(checkpoint, Checkpoint):
        write_checkpoint(path, checkpoint)
    recipe = tone_recipe(corpora, {stage: {"epochs": 0}}, initial={"checkpoint": str(path)}, **keys)
    return TrainingRun(recipe, folder / "run", Silent()).run()


def test_rows_of_the_head_follow_their_tokens(corpora: Path, tmp_path: Path) -> None:
    initial = dense_checkpoint("high zebra low")  # tokens: blank, high, low, zebra
    found = read_checkpoint(begun(corpora, tmp_path, initial))
    assert found.tokens.tokens == ("<blank>", "▁high", "▁low", "▁middle")
    for name, tensor in initial.weights.items():
        if not name.startswith("head."):
            assert torch.equal(found.weights[name], tensor), name
    for name in ("head.weight", "head.bias"):
        assert torch.equal(found.weights[name][:3], initial.weights[name][:3])
        assert not torch.equal(found.weights["head.weight"][3], initial.weights["head.weight"][3])


def test_new_tokens_keep_their_own_rows() -> None:
    initial = dense_checkpoint("a b")
    own = {"head.weight": torch.full((4, 24), 7.0), "head.bias": torch.full((4,), 7.0)}
    weights = match_tokens(initial, TokenList.of_words(["a b c"]), own)
    assert torch.equal(weights["head.weight"][:3], initial.weights["head.weight"])
    assert (weights["head.weight"][3] == 7).all() and weights["head.bias"][3] == 7


def test_sizes_that_differ_are_named(corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"layer0\.ffn\.up\.weight is \[48, 24\], not \[32, 24\]"):
        begun(corpora, tmp_path, dense_checkpoint("low", ffn=48))


def test_another_front_end_is_named(corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"low_hz is 60\.0, not 80\.0"):
        begun(corpora, tmp_path, dense_checkpoint("low"), features={"low_hz": 80.0})


def test_a_missing_checkpoint_is_named(corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nowhere"):
        begun(corpora, tmp_path, tmp_path / "nowhere")


def test_qat_goes_on_from_a_qat_checkpoint_only_as_qat(corpora: Path, tmp_path: Path) -> None:
    before = begun(corpora, tmp_path / "one", dense_checkpoint("high low middle"), "qat")
    after = begun(corpora, tmp_path / "two", before, "qat")
    one, two = read_checkpoint(before), read_checkpoint(after)
    assert all(torch.equal(one.weights[name], two.weights[name]) for name in one.weights)
    with pytest.raises(RecipeError, match="cannot begin with a checkpoint of stage qat"):
        begun(corpora, tmp_path / "three", before, "gated")


def test_the_weights_count_for_the_digest_not_their_path(corpora: Path, tmp_path: Path) -> None:
    def digest(name: str, seed: int) -> str:
        checkpoint = dense_checkpoint("low")
        torch.manual_seed(seed)
        weights = dict(checkpoint.weights) | {"head.bias": torch.randn(2)}
        moved = Checkpoint(
            checkpoint.config, checkpoint.features, checkpoint.tokens, weights, checkpoint.training
        )
        return str(read_checkpoint(begun(corpora, tmp_path / name, moved)).training["recipe"])

    assert digest("a", 1) == digest("b", 1) != digest("c", 2)
