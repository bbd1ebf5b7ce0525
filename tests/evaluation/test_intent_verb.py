"""``skipstone evaluate --metric intent``: references from slots and texts, noise, JSON, errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.corpora.manifest import Utterance, read_manifest
from skipstone.quantize.evaluation.errors import EvaluationError
from skipstone.quantize.evaluation.evaluate import SpeechMetadata
from skipstone.quantize.evaluation.intents import (
    IntentEvaluation,
    IntentResult,
    evaluate_intents,
    wanted_meaning,
)
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.intent.compile import CompiledGrammar
from skipstone.quantize.intent.errors import GrammarError
from skipstone.quantize.intent.grammar import parse_grammar
from skipstone.quantize.intent.model import grammar_for_model
from skipstone.tools.cli.intent_evaluation import parse_snrs
from skipstone.tools.cli.main import app, load_verbs
from typer.testing import CliRunner

SMALL = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}
GRAMMAR = """
version = 1
[slots]
thing = ["word2", "word3 word4"]
[intents]
take = "word1 [{thing}]"
"""


@pytest.fixture(scope="module")
def data() -> bytes:
    return convert(random_checkpoint(8, **SMALL))


@pytest.fixture
def folder(tmp_path: Path, data: bytes) -> Path:
    """A model, a grammar, a manifest of four recordings and one of noise."""
    rng = np.random.default_rng(0)
    labels = [
        {"text": "word1 word2"},
        {"intent": "take", "slots": {"thing": " word3  word4"}},
        {"text": "word2 word1"},
        {},
    ]
    rows = []
    for i, label in enumerate(labels):
        soundfile.write(tmp_path / f"{i}.wav", (rng.normal(size=8000) * 3000).astype(np.int16), 16000)
        rows.append(json.dumps({"audio": f"{i}.wav", "duration": 0.5} | label))
    soundfile.write(tmp_path / "hum.wav", (rng.normal(size=3000) * 300).astype(np.int16), 16000)
    (tmp_path / "manifest.jsonl").write_text("\n".join(rows))
    (tmp_path / "grammar.toml").write_text(GRAMMAR)
    (tmp_path / "model.tflite").write_bytes(data)
    return tmp_path


@pytest.fixture
def grammar(data: bytes) -> CompiledGrammar:
    return grammar_for_model(TflmRunner(data).model, parse_grammar(GRAMMAR))


@pytest.fixture(scope="module", autouse=True)
def verbs() -> None:
    load_verbs()


def run(folder: Path, *options: str) -> tuple[int, str]:
    files = [str(folder / name) for name in ("model.tflite", "manifest.jsonl")]
    result = CliRunner().invoke(app, ["evaluate", *files, "--metric", "intent", *options])
    return result.exit_code, result.output + str(result.exception or "")


def test_what_is_meant_comes_from_slots_or_from_the_text(
    folder: Path, data: bytes, grammar: CompiledGrammar
) -> None:
    tokens = SpeechMetadata.of(TflmRunner(data).model).tokens.tokens
    wanted = [wanted_meaning(u, grammar, tokens) for u in read_manifest(folder / "manifest.jsonl")]
    assert [(w.intent, w.slots) for w in wanted] == [
        ("take", {"thing": "word2"}),
        ("take", {"thing": "word3 word4"}),
        (None, {}),
        (None, {}),
    ]


def test_slots_without_an_intent_mean_the_only_one(grammar: CompiledGrammar) -> None:
    utterance = Utterance(audio=Path("a.wav"), duration=1.0, slots={"thing": "word2"})
    assert wanted_meaning(utterance, grammar, ()).intent == "take"


def test_tflm_and_the_integer_model_understand_the_same(
    folder: Path, data: bytes, grammar: CompiledGrammar
) -> None:
    utterances = read_manifest(folder / "manifest.jsonl")
    ours = list(
        evaluate_intents(IntegerInterpreter(data), grammar, utterances, decodings=("logits", "words"))
    )
    theirs = list(evaluate_intents(TflmRunner(data), grammar, utterances, decodings=("logits", "words")))
    assert ours == theirs
    assert len(ours) == 2 * len(utterances)


def row(wanted: dict[str, str] | None, got: dict[str, str] | None, snr: float | None = None) -> IntentResult:
    intents = (None if wanted is None else "take", None if got is None else "take")
    accepted = wanted is not None and wanted == got
    return IntentResult(
        "a",
        None,
        snr,
        None,
        intents[0],
        wanted or {},
        intents[1],
        got or {},
        accepted,
        "",
        "logits",
        0,
        1,
        1.0,
    )


def test_rates_count_slots_that_are_wrong_missing_or_too_many() -> None:
    rows = [
        row({"a": "x", "b": "y"}, {"a": "x", "b": "y"}),
        row({"a": "x", "b": "y"}, {"a": "x", "b": "z"}),
        row({"a": "x"}, {"a": "x", "b": "y"}),
        row({"a": "x"}, None),
        row(None, {"a": "x"}),
        row(None, None),
    ]
    (summary,) = IntentEvaluation.of(rows, "all", 0, "logits").by_snr
    assert (summary.commands, summary.others) == (4, 2)
    assert (summary.acceptance, summary.intent_accuracy, summary.rejection) == (0.25, 0.75, 0.5)
    assert summary.slot_accuracy == {"a": 0.75, "b": 0.5}
    assert summary.inserted_slots == 1


def test_the_mean_is_over_signal_to_noise_ratios() -> None:
    rows = [row({"a": "x"}, {"a": "x"}, 6.0), row({"a": "x"}, {"a": "y"}, 24.0)]
    evaluation = IntentEvaluation.of(rows, "all", 0, "logits")
    assert [group.acceptance for group in evaluation.by_snr] == [1.0, 0.0]
    assert evaluation.acceptance == 0.5


def test_nothing_to_evaluate_is_refused() -> None:
    with pytest.raises(EvaluationError, match="nothing"):
        IntentEvaluation.of([], "all", 0, "logits")


def test_the_verb_writes_a_table_and_json(folder: Path) -> None:
    output = folder / "out.json"
    code, text = run(folder, "--json", str(output))  # the grammar is the one beside the model
    assert code == 0, text
    assert "command acceptance" in text
    table = json.loads(output.read_text())
    assert (table["version"], table["metric"], len(table["utterances"])) == (1, "intent", 4)
    assert table["by_snr"][0]["commands"] == 2


def test_noise_is_the_same_for_the_same_seed(folder: Path) -> None:
    options = ["-g", str(folder / "grammar.toml"), "--noise", str(folder / "hum.wav"), "--snr", "0,12"]
    texts = []
    for seed in ("1", "1", "2"):
        output = folder / "noisy.json"
        code, text = run(folder, *options, "--seed", seed, "--json", str(output))
        assert code == 0, text
        texts.append(output.read_text().replace(f'"seed": {seed}', ""))
    assert texts[0] == texts[1] != texts[2]
    groups = json.loads(output.read_text())["by_snr"]
    assert [group["snr"] for group in groups] == [0.0, 12.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-g", "GRAMMAR", "--snr", "6"], "needs noise"),
        (["-g", "GRAMMAR", "--noise", "NOISE", "--snr", "6,six"], "no list of signal-to-noise"),
        (["-g", "GRAMMAR", "--by", "speaker"], "--by"),
        (["-g", "absent.toml"], "no grammar absent.toml"),
        (["-g", "MANIFEST"], "is not a grammar"),
    ],
)
def test_wrong_options_are_refused(folder: Path, options: list[str], message: str) -> None:
    places = {"GRAMMAR": str(folder / "grammar.toml"), "NOISE": str(folder / "hum.wav")}
    places["MANIFEST"] = str(folder / "manifest.jsonl")
    output = folder / "none.json"
    code, text = run(folder, *(places.get(o, o) for o in options), "--json", str(output))
    assert code != 0
    assert message in text
    assert not output.exists()


def test_the_grammar_belongs_to_its_metric(folder: Path) -> None:
    files = [str(folder / name) for name in ("model.tflite", "manifest.jsonl", "grammar.toml")]
    result = CliRunner().invoke(app, ["evaluate", *files[:2], "--grammar", files[2]])
    assert result.exit_code != 0
    assert "--metric intent" in str(result.exception)


def test_the_transducer_is_refused() -> None:
    runner = TflmRunner(convert(random_checkpoint(8, **SMALL, head="transducer")))
    with pytest.raises(GrammarError, match="CTC head"):
        grammar_for_model(runner.model, parse_grammar(GRAMMAR))


@pytest.mark.parametrize("text", ["", "6,6", "200", "a"])
def test_bad_ratios_are_refused(text: str) -> None:
    with pytest.raises(EvaluationError):
        parse_snrs(text)
