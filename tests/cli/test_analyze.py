"""``skipstone analyze`` as a command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "models" / "commands" / "model.tflite"


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "analyze", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"COLUMNS": "160"})


def test_the_shipped_model(tmp_path: Path) -> None:
    done = _run(SHIPPED, "--json", tmp_path / "a.json", "--picture", tmp_path / "a.png")
    assert done.returncode == 0, done.stderr
    assert "layer0/mha" in done.stdout
    assert "modelled" in done.stdout
    table = json.loads((tmp_path / "a.json").read_text())
    assert table["instructions_kind"] == "modelled"
    assert all(fit["fits"] for fit in table["fits"])
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "bad.tflite").write_bytes(SHIPPED.read_bytes()[:3000])
    done = _run(tmp_path / "bad.tflite", "--json", tmp_path / "a.json")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "a.json").exists()


def test_an_unknown_board() -> None:
    done = _run(SHIPPED, "--board", "nonesuch")
    assert done.returncode == 1
    assert "there is no board 'nonesuch'" in done.stderr
