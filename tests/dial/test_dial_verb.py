"""``skipstone dial`` as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from skipstone.tools.cli.main import main; main()", "dial"]


def dial(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments, "--work", str(folder / "work")]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=500, env={**os.environ, **environment}
    )


@pytest.mark.xdist_group("virtual-run")
def test_a_sweep_on_a_virtual_board(model_path: Path, manifest_path: Path, tmp_path: Path) -> None:
    output, picture = tmp_path / "dial.json", tmp_path / "dial.svg"
    done = dial(
        str(model_path), "--manifest", str(manifest_path), "--board", "mps2-an386", "--offsets", "-128,0,127",
        "-o", str(output), "--plot", str(picture), folder=tmp_path, XDG_RUNTIME_DIR=str(tmp_path / "boards"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads(output.read_text())
    fractions = [point["compute_fraction"] for point in record["points"]]
    costs = [point["instructions_per_step"] for point in record["points"]]
    assert record["utterances"] == 2 and record["instructions_kind"] == "exact"
    assert fractions[0] < fractions[1] < fractions[2] == fractions[3] == 1.0
    assert costs[0] < costs[1] < costs[2]
    assert picture.read_text().startswith("<?xml")
    assert "all on" in done.stdout


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"--offsets": "loud"}, "no threshold offset"),
        ({"--offsets": "200"}, "threshold offset 200"),
        ({"--plot": "curve.txt"}, "no picture"),
        ({"--board": "toaster"}, "toaster"),
        ({"--manifest": "missing.jsonl"}, "missing.jsonl"),
    ],
)
def test_bad_input(
    changed: dict[str, str], cause: str, model_path: Path, manifest_path: Path, tmp_path: Path
) -> None:
    options = {
        "--manifest": str(manifest_path),
        "--board": "mps2-an386",
        "-o": str(tmp_path / "out.json"),
    } | changed
    done = dial(str(model_path), *(word for pair in options.items() for word in pair), folder=tmp_path)
    assert done.returncode == 1
    assert cause in done.stderr and "remedy:" in done.stderr
    assert not (tmp_path / "out.json").exists()


def test_a_file_that_is_no_model(manifest_path: Path, tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(b"no model")
    done = dial(
        str(tmp_path / "model.tflite"),
        "--manifest",
        str(manifest_path),
        "--board",
        "mps2-an386",
        folder=tmp_path,
    )
    assert done.returncode == 1 and "remedy:" in done.stderr
