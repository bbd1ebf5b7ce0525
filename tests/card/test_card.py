"""``skipstone card``: texts of card.toml and measured tables; what cannot be used is refused by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.evaluation.errors import EvaluationError
from skipstone.tools.card.description import CardError, read_description
from skipstone.tools.card.facts import planned_utterances

SMALL = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}
ROOT = Path(__file__).parents[2]
CARD = """
title = "A model of noise"
summary = "It knows nothing."
licence = "CC0"
use = "Tests."
limits = ["Everything | else"]
boards = ["mps2-an386"]

[[data]]
name = "nothing"
contents = "random weights"
licence = "none"

[[evaluations]]
title = "Noise"
manifest = "$CARD_TEST_DATA/manifest.jsonl"
by = ["domain"]
domains = ["hum", "hiss"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, its card.toml, and data elsewhere: three clips of two domains and one to be left out."""
    (tmp_path / "model.tflite").write_bytes(convert(random_checkpoint(8, **SMALL)))
    (tmp_path / "card.toml").write_text(CARD)
    data = tmp_path / "data"
    data.mkdir()
    rng, rows = np.random.default_rng(0), []
    for index, domain in enumerate(("hum", "hum", "hiss", "other")):
        pcm = (rng.normal(size=8000) * 3000).astype(np.int16)
        soundfile.write(data / f"{index}.wav", pcm, 16000)
        text = "" if domain == "hiss" else "word1 word2"
        rows.append({"audio": f"{index}.wav", "duration": 0.5, "text": text, "domain": domain})
    (data / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def run(folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "card", str(folder / "card.toml")]
    command += ["-o", str(folder / "README.md")]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )


def test_the_verb_writes_texts_and_tables(folder: Path) -> None:
    done = run(folder, {"CARD_TEST_DATA": str(folder / "data")})
    assert done.returncode == 0, done.stderr
    text = (folder / "README.md").read_text()
    assert str(folder) not in text, "no path of this machine"
    assert text.startswith("# A model of noise\n\nIt knows nothing.\n")
    assert "- Everything | else" in text
    assert "| arbitrator | 3 | 4 |" in text
    assert "| all | 3 | 4 |" in text
    assert "| domain | hiss | 1 | 0 | no words |" in text
    assert "| domain | hum | 2 | 4 |" in text
    assert "other" not in text.split("## Sizes")[0]
    assert "| `mps2-an386` | cortex-m4 |" in text
    assert "| nothing | random weights | none |" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)


def test_what_is_missing_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(folder, {})
    assert done.returncode == 1
    assert "$CARD_TEST_DATA" in done.stderr
    assert not (folder / "README.md").exists()
    monkeypatch.setenv("CARD_TEST_DATA", str(folder / "data"))
    path = folder / "card.toml"
    for old, new, problem in (
        ('licence = "CC0"\n', "", "licence"),
        ('title = "Noise"', 'title = "Noise"\ncolour = "red"', "colour"),
        ("limits = [", "limits = [[", "cannot read"),
    ):
        path.write_text(CARD.replace(old, new))
        with pytest.raises(CardError, match=problem):
            read_description(path)
    with pytest.raises(CardError, match="cannot read"):
        read_description(folder / "absent.toml")
    path.write_text(CARD.replace('["hum", "hiss"]', '["roar"]'))
    with pytest.raises(CardError, match="selects no utterance"):
        planned_utterances(read_description(path), folder)
    path.write_text(CARD.replace('by = ["domain"]', 'by = ["accent"]'))
    with pytest.raises(EvaluationError, match="accent"):
        planned_utterances(read_description(path), folder)


def test_the_shipped_description_is_complete() -> None:
    described = read_description(ROOT / "models" / "commands" / "card.toml")
    assert (ROOT / "models" / "commands" / described.model).is_file()
