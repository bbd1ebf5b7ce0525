"""``skipstone evaluate`` over a tiny manifest: gate sources, limit, JSON, and errors of users."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.corpora.manifest import read_manifest
from skipstone.quantize.evaluation.errors import EvaluationError
from skipstone.quantize.evaluation.evaluate import TAIL_STEPS, Evaluation, evaluate
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.options import AddOptions, FullyConnectedOptions
from skipstone.quantize.tflite.writer import ModelWriter
from typer.testing import CliRunner

SMALL = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}
SAMPLES = (16000, 20001, 8000)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A manifest of three noise recordings."""
    rng = np.random.default_rng(0)
    lines = []
    for i, count in enumerate(SAMPLES):
        pcm = (rng.normal(size=count) * 3000).clip(-32768, 32767).astype(np.int16)
        soundfile.write(tmp_path / f"{i}.wav", pcm, 16000)
        row = {"audio": f"{i}.wav", "text": "word1 word2", "duration": count / 16000, "speaker": f"s{i}"}
        lines.append(json.dumps(row))
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("\n".join(lines))
    return manifest


def test_tflm_and_the_integer_model_give_the_same_evaluation(corpus: Path) -> None:
    data = convert(random_checkpoint(8, **SMALL))
    utterances = read_manifest(corpus)
    for gates in ("arbitrator", "all", "none"):
        ours = Evaluation.of(evaluate(IntegerInterpreter(data), utterances, gates), gates)
        theirs = Evaluation.of(evaluate(TflmRunner(data), utterances, gates), gates)
        assert ours == theirs


def test_gates_all_and_none_bound_the_compute_fraction(corpus: Path) -> None:
    runner = TflmRunner(convert(random_checkpoint(8, **SMALL)))
    utterances = read_manifest(corpus)
    by_source = {g: Evaluation.of(evaluate(runner, utterances, g), g) for g in ("arbitrator", "all", "none")}
    assert by_source["all"].compute_fraction == 1.0
    assert 0 < by_source["none"].compute_fraction < by_source["arbitrator"].compute_fraction < 1
    steps = [row.steps for row in by_source["all"].utterances]
    assert steps == [-(-count // 640) + TAIL_STEPS for count in SAMPLES]


def test_the_dial_changes_the_compute_fraction(corpus: Path) -> None:
    runner = TflmRunner(convert(random_checkpoint(8, **SMALL)))
    utterances = read_manifest(corpus)
    fractions = [
        Evaluation.of(evaluate(runner, utterances, "arbitrator", offset), "arbitrator").compute_fraction
        for offset in (-30, 0, 30)
    ]
    assert fractions == sorted(fractions)
    assert fractions[0] < fractions[2]


def test_the_verb_prints_a_table_and_writes_json(corpus: Path, tmp_path: Path) -> None:
    from skipstone.tools.cli.main import app, load_verbs

    load_verbs()
    model, target = tmp_path / "model.tflite", tmp_path / "result.json"
    model.write_bytes(convert(random_checkpoint(8, **SMALL)))
    arguments = [
        "evaluate",
        str(model),
        str(corpus),
        "--gates",
        "none",
        "--limit",
        "2",
        "--json",
        str(target),
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "word error rate" in result.output
    table = json.loads(target.read_text())
    assert table["gates"] == "none"
    assert len(table["utterances"]) == 2
    assert table["utterances"][0]["speaker"] == "s0"


def test_a_model_without_metadata_is_refused(corpus: Path) -> None:
    writer = ModelWriter("no metadata")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 4), scale=0.1)
    y = graph.tensor("y", (1, 4), scale=0.2)
    graph.operator("ADD", [x, x], [y], AddOptions())
    graph.set_outputs(y)
    with pytest.raises(EvaluationError, match="SKIP_TABLE"):
        next(evaluate(TflmRunner(writer.to_bytes()), read_manifest(corpus)))


def test_wrong_inputs_are_refused() -> None:
    runner = TflmRunner(convert(random_checkpoint(8, **SMALL)))
    with pytest.raises(EvaluationError, match="takes 2 inputs"):
        runner.step(np.zeros((1, 160), np.int8))
    with pytest.raises(EvaluationError, match="did not run"):
        runner.step(np.zeros((1, 150), np.int8), np.zeros((1, 2), np.int8))


def test_impossible_operands_are_refused_before_tflm_sees_them(corpus: Path, tmp_path: Path) -> None:
    from skipstone.quantize.integer.errors import UnsupportedOperatorError
    from skipstone.tools.cli.verbs.evaluate import evaluate_model

    writer = ModelWriter("weights that do not fit")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 4), scale=0.1)
    weight = graph.tensor("w", (3, 5), scale=0.1, data=np.zeros((3, 5)))
    y = graph.tensor("y", (1, 3), scale=0.2)
    graph.operator("FULLY_CONNECTED", [x, weight, -1], [y], FullyConnectedOptions())
    graph.set_outputs(y)
    model = tmp_path / "model.tflite"
    model.write_bytes(writer.to_bytes())
    with pytest.raises(UnsupportedOperatorError, match=r"'y': weights \[3, 5\] for an input"):
        evaluate_model(model, corpus)
