"""``skipstone corpus`` as a user calls it: files, exit codes, errors with a remedy, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.errors import SkipstoneError
from skipstone.tools.cli.main import app, load_verbs
from typer.testing import CliRunner, Result


def skipstone(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "corpus", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def in_process(*arguments: object) -> Result:
    """The same without a process of its own; an error of the CLI is the result's exception."""
    if not app.registered_groups:
        load_verbs()
    return CliRunner().invoke(app, ["corpus", *map(str, arguments)])


def write_tone(path: Path, seconds: float, hertz: float = 300) -> None:
    samples = 0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 16000)) / 16000)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, 16000)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    for index, seconds in enumerate((0.5, 1.0)):
        write_tone(tmp_path / "wav" / f"{index}.wav", seconds, 300 + 200 * index)
    (tmp_path / "labels.csv").write_text("audio,text,speaker\nwav/0.wav,Yes,ann\nwav/1.wav,No no,bob\n")
    return tmp_path / "labels.csv"


def test_import_csv(table: Path) -> None:
    manifest = table.parent / "manifest.jsonl"
    done = skipstone("import", "csv", table, "-o", manifest)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    assert rows == [
        {"audio": "wav/0.wav", "text": "yes", "duration": 0.5, "speaker": "ann"},
        {"audio": "wav/1.wav", "text": "no no", "duration": 1.0, "speaker": "bob"},
    ]


@pytest.mark.parametrize("layout", ["csv", "librispeech", "speech-commands"])
def test_import_of_an_empty_folder_fails_and_writes_nothing(tmp_path: Path, layout: str) -> None:
    (tmp_path / "empty").mkdir()
    done = in_process("import", layout, tmp_path / "empty", "-o", tmp_path / "m.jsonl")
    assert isinstance(done.exception, SkipstoneError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]


def test_import_with_a_missing_recording_names_its_line(table: Path) -> None:
    (table.parent / "wav" / "1.wav").unlink()
    done = skipstone("import", "csv", table, "-o", table.parent / "m.jsonl")
    assert done.returncode == 1
    assert "labels.csv:3" in done.stderr
    assert "remedy:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (table.parent / "m.jsonl").exists()


def test_augment_then_streams(table: Path) -> None:
    folder = table.parent
    write_tone(folder / "noise" / "hum.wav", 1.0, 120)
    assert in_process("import", "csv", table, "-o", folder / "m.jsonl").exit_code == 0
    arguments = ["--noise", folder / "noise", "--snr", "10", "--speed", "0.9,1.1", "--gain", "0"]
    done = skipstone("augment", folder / "m.jsonl", "-o", folder / "more", "--copies", 2, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("4 utterances")
    rows = [json.loads(line) for line in (folder / "more" / "manifest.jsonl").read_text().splitlines()]
    assert [row["augmentation"]["snr_db"] for row in rows] == [10.0] * 4
    done = in_process("streams", folder / "more" / "manifest.jsonl", "-o", folder / "s", "--silence", 0.8)
    assert done.exit_code == 0, done.output
    assert "silence: 80.0 %" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["augment", "--speed", "9"], "--speed: 9 is out of range"),
        (["augment", "--snr", "loud"], "--snr: 'loud' is no number"),
        (["augment", "--noise", "nowhere"], "nowhere is not a file"),
        (["streams", "--noise", "m.jsonl.missing"], "is not a file"),
    ],
)
def test_bad_settings_leave_nothing(table: Path, arguments: list[str], cause: str) -> None:
    folder = table.parent
    (folder / "m.jsonl").write_text('{"audio": "wav/0.wav", "text": "yes", "duration": 0.5}\n')
    verb, *rest = arguments
    done = in_process(verb, folder / "m.jsonl", "-o", folder / "out", *rest)
    assert isinstance(done.exception, SkipstoneError)
    assert cause in done.exception.cause
    assert done.exception.remedy
    assert not (folder / "out").exists()


def test_an_output_with_other_files_is_not_replaced(table: Path) -> None:
    folder = table.parent
    (folder / "m.jsonl").write_text('{"audio": "wav/0.wav", "text": "yes", "duration": 0.5}\n')
    done = in_process("augment", folder / "m.jsonl", "-o", folder)
    assert isinstance(done.exception, SkipstoneError)
    assert "would be replaced" in done.exception.cause
    assert (folder / "labels.csv").exists()


def test_stats_and_check(table: Path) -> None:
    folder = table.parent
    (folder / "m.jsonl").write_text(
        '{"audio": "wav/0.wav", "text": "yes", "duration": 0.5, "gender": "female"}\n'
        '{"audio": "wav/1.wav", "duration": 1.0, "intent": "order", "slots": {"size": "small"}}\n'
    )
    done = in_process("stats", folder / "m.jsonl", "--json", folder / "s.json", "--plot", folder / "p.png")
    assert done.exit_code == 0, done.output
    statistics = json.loads((folder / "s.json").read_text())
    assert statistics["total"] == {"utterances": 2, "hours": 1.5 / 3600, "words": 1, "speakers": 0}
    assert statistics["cohorts"]["gender"]["female"]["utterances"] == 1
    assert (folder / "p.png").read_bytes().startswith(b"\x89PNG")
    done = in_process("check", folder / "m.jsonl")
    assert done.exit_code == 0, done.output
    assert "2 utterances, 0 findings" in done.stdout
    done = skipstone("check", folder / "m.jsonl", folder / "m.jsonl", "--json", folder / "c.json")
    assert done.returncode == 1
    assert "duplicate 2: remove one of the two" in done.stdout
    findings = json.loads((folder / "c.json").read_text())["findings"]
    assert [finding["kind"] for finding in findings] == ["duplicate", "duplicate"]


def test_check_against_the_words_of_a_recipe(table: Path) -> None:
    folder = table.parent
    (folder / "train.jsonl").write_text('{"audio": "wav/1.wav", "text": "no", "duration": 1.0}\n')
    (folder / "dev.jsonl").write_text('{"audio": "wav/0.wav", "text": "yes", "duration": 0.5}\n')
    (folder / "recipe.toml").write_text(
        f'[data]\ntrain = ["{folder}/train.jsonl"]\ndev = {{ dev = "{folder}/dev.jsonl" }}\n'
        '[[stages]]\nname = "dense"\nepochs = 1\nlearning_rate = 1e-3\n'
    )
    done = in_process("check", folder / "dev.jsonl", "--recipe", folder / "recipe.toml")
    assert done.exit_code == 1, done.output
    assert "unknown word 1" in done.stdout
    assert in_process("check", folder / "train.jsonl", "--recipe", folder / "recipe.toml").exit_code == 0
