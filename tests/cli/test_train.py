"""``skipstone train`` as a command: it trains, resumes, and names what is wrong with exit code 1."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile


def train(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "train", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Eight clips of noise that say one word, one epoch."""
    generator = np.random.default_rng(0)
    rows = []
    for index in range(8):
        soundfile.write(tmp_path / f"{index}.wav", generator.normal(0, 0.1, 6400), 16000)
        rows.append(f'{{"audio": "{index}.wav", "text": "{"hiss" if index % 2 else ""}", "duration": 0.4}}\n')
    (tmp_path / "m.jsonl").write_text("".join(rows))
    path = tmp_path / "recipe.toml"
    path.write_text(
        f'threads = 1\n[data]\ntrain = ["{tmp_path}/m.jsonl"]\ndev = {{ d = "{tmp_path}/m.jsonl" }}\n'
        f'cache = "{tmp_path}/cache"\n[model]\nd_model = 16\nlayers = 1\nheads = 1\nhead_dim = 8\nffn = 16\n'
        '[[stages]]\nname = "dense"\nepochs = 1\nbatch = 4\nlearning_rate = 1e-3\n'
    )
    return path


def test_train_writes_a_checkpoint_and_resumes(recipe: Path, tmp_path: Path) -> None:
    done = train(recipe, "-o", tmp_path / "run", "--device", "cpu", "--publish", tmp_path / "shipped")
    assert done.returncode == 0, done.stderr
    assert "checkpoint →" in done.stdout
    assert (tmp_path / "run" / "checkpoint" / "weights.safetensors").exists()
    assert (tmp_path / "shipped" / "metrics.json").exists()
    again = train(recipe, "-o", tmp_path / "run")
    assert again.returncode == 0
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 1, "nothing was left to do"


def test_wrong_arguments_are_named(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text("{}")
    for arguments, message in (
        (("--device", "gpu"), "is no device"),
        (("--costs", tmp_path / "profile.json"), "is no profile"),
    ):
        done = train(recipe, "-o", tmp_path / "run", *arguments)
        assert done.returncode == 1
        assert message in done.stderr and "remedy:" in done.stderr
    recipe.write_text(recipe.read_text() + "patience = -1\n")
    done = train(recipe, "-o", tmp_path / "run")
    assert done.returncode == 1 and "patience" in done.stderr
