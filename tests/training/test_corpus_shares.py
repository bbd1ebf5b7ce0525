"""Entries of the [data] table: speakers, domains, repeats, noise, utterances without a text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from skipstone.quantize.corpora.manifest import Utterance, read_manifest, write_manifest
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.training.corpus_shares import chosen, load_share
from skipstone.quantize.training.data_recipe import CorpusEntry, DataRecipe
from skipstone.quantize.training.recipe import RecipeError
from skipstone.quantize.training.run import TrainingRun
from tone_run import Silent, tone_recipe


def utterances() -> list[Utterance]:
    rows = [("a", "home"), ("b", "home"), ("c", "coffee"), (None, None)]
    return [Utterance(audio=Path("x"), text="hi", duration=1, speaker=s, domain=d) for s, d in rows]


def entry(**keys: Any) -> CorpusEntry:
    return CorpusEntry(manifest="m.jsonl", **keys)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"exclude_speakers": ["b"]}, [0, 2, 3]),
        ({"speakers": ["a", "c"]}, [0, 2]),
        ({"domains": ["home"], "exclude_speakers": ["a"]}, [1]),
        ({"exclude_domains": ["home"]}, [2, 3]),
    ],
)
def test_speakers_and_domains(keys: dict[str, Any], expected: list[int]) -> None:
    assert chosen(entry(**keys), utterances()).tolist() == expected


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"exclude_speakers": ["bob"]}, "no speaker bob"),
        ({"domains": ["garden", "home"]}, "no domain garden"),
        ({"speakers": ["a"], "domains": ["coffee"]}, "leave no utterance"),
    ],
)
def test_a_misspelt_speaker_does_not_slip_into_training(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        chosen(entry(**keys), utterances())


def test_a_bare_path_is_a_whole_corpus() -> None:
    data = DataRecipe.model_validate({"train": ["a.jsonl"], "dev": {"d": "b.jsonl"}})
    assert data.train == (CorpusEntry(manifest="a.jsonl"),)
    for wrong in ({"manifest": "a", "repeat": 0}, {"manifest": "a", "speaker": ["x"]}, 3):
        with pytest.raises(ValidationError):
            DataRecipe.model_validate({"train": [wrong], "dev": {"d": "b.jsonl"}})


def test_utterances_without_a_text_are_left_out_and_counted(corpora: Path, tmp_path: Path) -> None:
    every = read_manifest(corpora / "train" / "manifest.jsonl")
    rows = [u.model_copy(update={"text": None}) if i % 4 == 0 else u for i, u in enumerate(every)]
    write_manifest(tmp_path / "m.jsonl", rows)
    data = DataRecipe.model_validate(
        {"train": [str(tmp_path / "m.jsonl")], "dev": {"d": "x"}, "cache": str(tmp_path / "cache")}
    )
    progress = Silent()
    share = load_share(data.train[0], data, FeatureSettings(), progress)
    assert len(share.indices) == 36
    assert any("12 of 48 utterances have no text" in note for note in progress.notes)
    noise = load_share(data.train[0], data, FeatureSettings(), Silent(), noise=True)
    assert len(noise.indices) == 48 and set(noise.corpus.texts) == {""}


def test_one_speaker_is_left_out_of_training_and_is_the_dev_set(corpora: Path, tmp_path: Path) -> None:
    manifest = str(corpora / "train" / "manifest.jsonl")
    data = {
        "train": [{"manifest": manifest, "exclude_speakers": ["b"], "repeat": 2.0}],
        "dev": {"left_out": {"manifest": manifest, "speakers": ["b"]}},
        "cache": str(corpora / "cache"),
    }
    recipe = tone_recipe(corpora, {"dense": {"epochs": 1}}, data=data)
    run = TrainingRun(recipe, tmp_path / "run", Silent())
    trained = {index for _, index in run.source.utterances}
    held_back = {index for _, index in run.setting.dev["left_out"].utterances}
    assert (len(trained), len(held_back)) == (32, 16)
    assert not trained & held_back
    assert run.source.count(8) == 8
    run.run()


def test_silence_and_noise_train_beside_speech(corpora: Path, tmp_path: Path) -> None:
    """Texts that are empty are learned as blanks; recorded noise is mixed in."""
    every = read_manifest(corpora / "train" / "manifest.jsonl")
    quiet = [u.model_copy(update={"text": ""}) for u in every[:16]]
    write_manifest(tmp_path / "quiet.jsonl", quiet)
    recipe = tone_recipe(
        corpora,
        {"dense": {"epochs": 2, "augmentation": {"noise": 0.5, "concatenate": 0.5}}},
        data={
            "train": [str(tmp_path / "quiet.jsonl"), str(corpora / "dev" / "manifest.jsonl")],
            "dev": {"quiet": str(tmp_path / "quiet.jsonl")},
            "noise": [str(tmp_path / "quiet.jsonl")],
            "cache": str(corpora / "cache"),
        },
    )
    run = TrainingRun(recipe, tmp_path / "run", Silent())
    only_quiet = [b for b in run.source.in_order(1) if b.texts == ("",)]
    assert len(only_quiet) == 16
    run.run()
    summary = (tmp_path / "run" / "metrics.json").read_text()
    assert "NaN" not in summary and "Infinity" not in summary
    assert np.isfinite(run.setting.costs.blocks).all()
