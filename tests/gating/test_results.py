"""The record: rows are added, replaced, and belong to one plan."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from results import Results, Row
from study import Plan
from study_error import StudyError
from systems import Trial

TRIAL = Trial("learned", "", 0.4, 1)


def row(split: str, wer: float, **changes: object) -> Row:
    key = {"system": "learned", "variant": "", "target": 0.4, "seed": 1, "split": split}
    return {**key, "wer": wer, **changes}


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "new" / "gating.json", Plan())


def test_rows_come_back(results: Results) -> None:
    assert results.rows() == [] and not results.has(TRIAL, ["dev"])
    results.add([row("dev", 0.1), row("real_digits", 0.2)])
    assert results.has(TRIAL, ["dev", "real_digits"])
    assert not results.has(Trial("learned", "always_kv", 0.4, 1), ["dev"])
    record = json.loads(results.path.read_text())
    assert record["version"] == 1 and record["plan"]["layers"] == 4
    assert [r["wer"] for r in record["rows"]] == [0.1, 0.2]


def test_a_row_of_the_same_key_is_replaced(results: Results) -> None:
    results.add([row("dev", 0.1), row("dev", 0.3, seed=2)])
    results.add([row("dev", 0.2)])
    assert sorted(r["wer"] for r in results.rows()) == [0.2, 0.3]


def test_the_record_of_another_plan_is_left_alone(results: Results) -> None:
    results.add([row("dev", 0.1)])
    with pytest.raises(StudyError, match="another plan"):
        Results(results.path, Plan.quick())
    assert len(results.rows()) == 1


@pytest.mark.parametrize("text", ["", "[]", '{"rows": []}'])
def test_a_file_that_is_no_record_is_refused(results: Results, text: str) -> None:
    results.add([row("dev", 0.1)])
    results.path.write_text(text)
    with pytest.raises(StudyError, match="no record"):
        Results(results.path, Plan())


def test_the_command_names_what_differs(tmp_path: Path) -> None:
    results = Results(tmp_path / "long.json", replace(Plan(), tune_epochs=30))
    results.add([row("dev", 0.1)])
    assert json.loads(results.path.read_text())["command"].endswith("--tune-epochs 30")


def test_half_a_trial_is_not_done(results: Results) -> None:
    results.add([row("dev", 0.1)])
    assert not results.has(TRIAL, ["dev", "real_digits"])
