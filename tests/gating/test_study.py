"""Trials train, convert, and give the same integers in the simulation and in TFLM."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from corpora import Corpora, load_corpora
from evaluation import (
    IntegerModel,
    accuracy,
    check_against_tflm,
    relative_cost,
    sample,
)
from policies import EnergyGates, PeriodicGates
from prices import board_costs
from skipstone.quantize.evaluation.evaluate import SpeechMetadata
from skipstone.quantize.evaluation.gates import compute_fraction
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.tflite.reader import read_model
from study import Plan, inherit, train_trial, trial_policy
from study_error import StudyError
from systems import Trial

PLAN = Plan(dense_epochs=1, stream_epochs=1, tune_epochs=1, layers=1, d_model=16, heads=2, ffn=32)
TRIALS = [
    Trial("dense", "", 1.0, 1),
    Trial("learned", "", 0.4, 1),
    Trial("learned", "always_kv", 0.4, 1),
    Trial("learned", "block_input", 0.4, 1),
    Trial("learned", "board_costs", 0.4, 1),
    Trial("dense_small", "", 0.7, 2),
    Trial("sliding_window", "", 0.4, 1),
    Trial("periodic", "", 0.4, 1),
    Trial("random", "", 0.4, 1),
    Trial("vad", "", 0.4, 1),
]


@pytest.fixture(scope="module")
def corpora(manifests: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Corpora:
    torch.set_num_threads(1)
    cache = tmp_path_factory.mktemp("cache")
    return load_corpora(
        manifests["train"], manifests["dev"], manifests["real"], cache, 1, 4, "b", lambda: None
    )


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained models of all tests; the dense weights are trained once."""
    return tmp_path_factory.mktemp("work")


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_a_trial_from_training_to_tflm(trial: Trial, corpora: Corpora, work: Path) -> None:
    home = train_trial(trial, PLAN, corpora, work, lambda line: None)
    policy = trial_policy(trial, PLAN.config(len(corpora.tokens.tokens)), corpora)
    model = IntegerModel(home / "checkpoint", policy)
    dev = corpora.splits[0]
    answers = list(model.answers(dev))
    assert sorted(answer.index for answer in answers) == list(range(len(dev.utterances)))
    steps = check_against_tflm(home / "model.tflite", answers, trial.gated_by_model)
    assert steps == sum(len(answer.features) for answer in answers)
    measured = accuracy(answers, dev, model.tokens.tokens)
    assert measured.words == sum(len((u.text or "").split()) for u in dev.utterances)
    if trial.system in ("periodic", "random", "vad", "learned"):
        own, dense = NetworkCosts.of(model.config), NetworkCosts.of(PLAN.config(model.config.vocabulary))
        table = SpeechMetadata.of(read_model((home / "model.tflite").read_bytes())).skip_table
        gates = np.concatenate([answer.gates for answer in answers])
        fraction = relative_cost(measured.block_rates, own, dense)
        assert fraction == pytest.approx(compute_fraction(gates, table), rel=0.02)


def test_trained_models_are_not_trained_again(corpora: Corpora, work: Path) -> None:
    lines: list[str] = []
    trial = Trial("periodic", "", 0.25, 1)
    home = train_trial(trial, PLAN, corpora, work, lines.append)
    assert any("gated epoch 1" in line for line in lines) and any("qat epoch 1" in line for line in lines)
    assert len([line for line in lines if "dense epoch" in line]) <= 1, "the base is shared"
    stamp = (home / "model.tflite").stat().st_mtime_ns
    lines.clear()
    train_trial(trial, PLAN, corpora, work, lines.append)
    assert not lines and (home / "model.tflite").stat().st_mtime_ns == stamp


def test_longer_fine_tunes_begin_with_the_same_dense_weights(corpora: Corpora, work: Path) -> None:
    lines: list[str] = []
    longer = replace(PLAN, tune_epochs=2)
    train_trial(Trial("learned", "", 0.4, 1), PLAN, corpora, work, lambda line: None)
    train_trial(Trial("learned", "", 0.4, 1), longer, corpora, work, lines.append)
    assert any("gated epoch 2" in line for line in lines)
    assert not any("dense epoch" in line for line in lines)


def test_the_same_trial_gives_the_same_bytes(corpora: Corpora, work: Path, tmp_path: Path) -> None:
    trial = Trial("learned", "", 0.4, 1)
    first = train_trial(trial, PLAN, corpora, work, lambda line: None)
    second = train_trial(trial, PLAN, corpora, tmp_path, lambda line: None)
    assert (first / "model.tflite").read_bytes() == (second / "model.tflite").read_bytes()


def test_a_wrong_byte_is_found(corpora: Corpora, work: Path) -> None:
    trial = Trial("dense", "", 1.0, 1)
    home = train_trial(trial, PLAN, corpora, work, lambda line: None)
    policy = trial_policy(trial, PLAN.config(len(corpora.tokens.tokens)), corpora)
    answers = sample(list(IntegerModel(home / "checkpoint", policy).answers(corpora.splits[0])), 2)
    assert len(answers) == 2
    answers[1].logits[-1, 0] += 1
    with pytest.raises(StudyError, match="differs from TFLM"):
        check_against_tflm(home / "model.tflite", answers, by_model=False)


def test_weights_of_the_same_shape_are_inherited() -> None:
    config = PLAN.config(5)
    torch.manual_seed(1)
    before = AmortizedTransformer(config)
    other = PLAN.config(5).from_dict({**config.as_dict(), "arbitrator_hidden": 4})
    network = AmortizedTransformer(other)
    inherit(network, dict(before.state_dict()))
    assert torch.equal(network.head.weight, before.head.weight)
    assert network.arbitrator is not None and network.arbitrator.hidden.weight.shape[0] == 4


def test_the_policy_is_that_of_the_system(corpora: Corpora) -> None:
    config = PLAN.config(len(corpora.tokens.tokens))
    assert trial_policy(Trial("learned", "", 0.4, 1), config, corpora) is None
    assert trial_policy(Trial("periodic", "", 0.4, 1), config, corpora) == PeriodicGates(0.4, 2)
    quiet, loud = (trial_policy(Trial("vad", "", target, 1), config, corpora) for target in (0.7, 0.25))
    assert isinstance(quiet, EnergyGates) and isinstance(loud, EnergyGates)
    assert quiet.threshold < loud.threshold


def test_board_costs_are_instructions(corpora: Corpora, tmp_path: Path) -> None:
    """On the board keys, queries and the softmax cost more than their MACs."""
    config = PLAN.config(len(corpora.tokens.tokens))
    macs, board = NetworkCosts.of(config), board_costs(config, tmp_path)
    assert len(board.blocks) == len(macs.blocks)
    assert board.blocks[0] / board.blocks[1] > macs.blocks[0] / macs.blocks[1]
    assert board_costs(config, tmp_path) == board, "the profile is kept"
