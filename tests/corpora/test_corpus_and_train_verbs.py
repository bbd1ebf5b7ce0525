"""``skipstone corpus`` and ``skipstone train`` on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer
from skipstone.quantize.corpora.manifest import read_manifest
from skipstone.quantize.errors import SkipstoneError
from skipstone.tools.cli.verbs import corpus, train
from typer.testing import CliRunner


def command_line(*modules: object) -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    for module in modules:
        module.register(app)  # type: ignore[attr-defined]
    return app


def test_texts_then_speech(tmp_path: Path) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.fail("espeak-ng is not installed; run make setup")
    app = command_line(corpus)
    texts = tmp_path / "texts.txt"
    result = CliRunner().invoke(app, ["corpus", "texts", "3", "-o", str(texts), "--seed", "2"])
    assert result.exit_code == 0, result.output
    arguments = ["corpus", "synth", str(texts), "-o", str(tmp_path / "speech"), "--engines", "espeak-ng"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    utterances = read_manifest(tmp_path / "speech" / "manifest.jsonl")
    assert [u.text for u in utterances] == texts.read_text().splitlines()
    assert all(u.audio.exists() for u in utterances)


def test_train_names_a_missing_recipe_and_leaves_nothing(tmp_path: Path) -> None:
    app = command_line(train)
    result = CliRunner().invoke(app, ["train", str(tmp_path / "none.toml"), "-o", str(tmp_path / "run")])
    assert isinstance(result.exception, SkipstoneError)
    assert "none.toml" in result.exception.cause
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("verb", [["corpus", "texts"], ["corpus", "synth"], ["train"]])
def test_help_has_an_example(verb: list[str]) -> None:
    result = CliRunner().invoke(command_line(corpus, train), [*verb, "--help"])
    assert result.exit_code == 0
    assert "Example: skipstone" in result.output
