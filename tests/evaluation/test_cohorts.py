"""Totals per cohort, and clips that have no words, no text, or hardly any samples."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.corpora.manifest import Utterance, read_manifest
from skipstone.quantize.evaluation.cohorts import UNKNOWN, check_keys, cohorts, parse_keys
from skipstone.quantize.evaluation.errors import EvaluationError
from skipstone.quantize.evaluation.evaluate import TAIL_STEPS, Evaluation, UtteranceResult, evaluate
from skipstone.quantize.evaluation.tflm import TflmRunner

SMALL = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}
STEP = 640


def utterance(**labels: object) -> Utterance:
    return Utterance.model_validate({"audio": "a.wav", "duration": 1.0, "text": "a b", **labels})


def result(errors: int, words: int, steps: int = 10, fraction: float = 0.5) -> UtteranceResult:
    return UtteranceResult("a.wav", None, "a b", "", errors, words, steps, fraction)


def test_totals_add_up_in_every_key() -> None:
    utterances = [
        utterance(gender="female", speaker="a", room=7),
        utterance(gender="male", speaker="b", room=7),
        utterance(gender="female", speaker="b"),
        utterance(),
    ]
    results = [result(1, 2), result(0, 2, 30, 0.1), result(2, 4), result(1, 0)]
    rows = list(cohorts(utterances, results, ("gender", "room")))
    assert [(row.key, row.value, row.totals.count) for row in rows] == [
        ("gender", "female", 2),
        ("gender", "male", 1),
        ("gender", UNKNOWN, 1),
        ("room", "7", 2),
        ("room", UNKNOWN, 2),
    ]
    assert rows[0].totals.word_error_rate == 3 / 6
    assert rows[2].totals.word_error_rate is None
    assert rows[3].totals.compute_fraction == pytest.approx((10 * 0.5 + 30 * 0.1) / 40)
    for key in ("gender", "room"):
        assert sum(row.totals.errors for row in rows if row.key == key) == 4


def test_keys_are_checked_before_anything_runs() -> None:
    assert parse_keys("gender, locale") == ("gender", "locale")
    for text in ("", "gender,,locale", "gender,gender"):
        with pytest.raises(EvaluationError, match="empty or repeated"):
            parse_keys(text)
    with pytest.raises(EvaluationError, match="accent") as caught:
        check_keys([utterance(gender="male", speed=1.1)], ["accent"])
    assert caught.value.remedy == "group by one of: gender, speed"


@pytest.fixture
def odd_clips(tmp_path: Path) -> Path:
    """Silence, noise, one sample, a long clip; texts empty, unknown, or only an intent."""
    rng = np.random.default_rng(1)
    noise = (rng.normal(size=16000) * 2000).astype(np.int16)
    clips = {
        "silence": (np.zeros(8000, np.int16), {"text": "", "domain": "silence"}),
        "noise": (noise, {"domain": "noise"}),
        "one_sample": (np.ones(1, np.int16), {"text": "word1"}),
        "long": (np.tile(noise, 40), {"text": "word1 word2", "domain": "long"}),
        "meaning": (noise, {"intent": "orderDrink", "slots": {"size": "large"}}),
    }
    rows = []
    for name, (pcm, labels) in clips.items():
        soundfile.write(tmp_path / f"{name}.wav", pcm, 16000)
        rows.append({"audio": f"{name}.wav", "duration": len(pcm) / 16000, **labels})
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return manifest


def test_odd_clips_are_counted_and_nothing_is_divided_by_zero(odd_clips: Path) -> None:
    utterances = read_manifest(odd_clips)
    runner = TflmRunner(convert(random_checkpoint(8, **SMALL)))
    results = list(evaluate(runner, utterances))
    by_name = dict(zip((u.audio.stem for u in utterances), results, strict=True))
    for name in ("silence", "noise"):
        assert by_name[name].errors == len(by_name[name].hypothesis.split()), "every word is an insertion"
        assert by_name[name].words == 0
    assert by_name["meaning"].errors == by_name["meaning"].words == 0
    assert by_name["one_sample"].steps == 1 + TAIL_STEPS
    assert by_name["long"].steps == 40 * 16000 // STEP + TAIL_STEPS
    everything = Evaluation.of(results, "arbitrator")
    assert everything.words == 3
    assert everything.word_error_rate == everything.errors / 3
    wordless = Evaluation.of([by_name["silence"], by_name["noise"]], "arbitrator")
    assert wordless.word_error_rate is None
    with pytest.raises(EvaluationError, match="nothing to evaluate"):
        Evaluation.of([], "arbitrator")


def test_the_verb_prints_and_writes_cohorts(odd_clips: Path, tmp_path: Path) -> None:
    model, target = tmp_path / "model.tflite", tmp_path / "result.json"
    model.write_bytes(convert(random_checkpoint(8, **SMALL)))
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "evaluate", str(model), str(odd_clips)]
    done = subprocess.run(
        [*command, "--by", "domain", "--json", str(target)], capture_output=True, text=True, check=True
    )
    assert "no words" in done.stdout
    assert "of these without a reference" in done.stdout
    table = json.loads(target.read_text())
    rows = {row["domain"]: row for row in table["cohorts"]}
    assert set(rows) == {"silence", "noise", "long", UNKNOWN}
    assert rows["silence"]["word_error_rate"] is None
    assert sum(row["errors"] for row in rows.values()) == table["errors"]
    refused = subprocess.run([*command, "--by", "accent"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "no utterance of the manifest has the key 'accent'" in refused.stderr
