"""``skipstone codegen --npu`` and ``skipstone build`` of its code, as processes."""

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

pytest.importorskip("ethosu.vela", reason="the extra npu is not installed")


def skipstone(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    command = [sys.executable, "-m", "skipstone.tools.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def words(text: str) -> str:
    """Text of tables and boxes, in one line."""
    return " ".join(text.replace("│", " ").split())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sizes = {"d_model": 32, "layers": 1, "heads": 2, "head_dim": 16, "positions": 4, "ffn": 32}
    path = tmp_path_factory.mktemp("model") / "small.tflite"
    path.write_bytes(convert(random_checkpoint(5, vocabulary=7, **sizes)))
    return path


def test_what_runs_where_is_printed_and_stored(model: Path, tmp_path: Path) -> None:
    done = skipstone("codegen", model, "-b", "mps3-an547", "--npu", "ethos-u55-128", "-o", tmp_path / "c")
    assert done.returncode == 0, done.stderr
    shown = words(done.stdout)
    assert "jobs" in shown and "estimated" in shown and "on the CPU" in shown
    assert "equal to TFLM on the model" in shown
    table = json.loads((tmp_path / "c" / "codegen.json").read_text())["npu"]
    assert table["accelerator"] == "ethos-u55-128" and table["min_macs"] == 4096


def test_code_for_another_npu_is_not_built(model: Path, tmp_path: Path) -> None:
    code = tmp_path / "c"
    done = skipstone("codegen", model, "-b", "mps3-an547", "--npu", "ethos-u85-256", "-o", code)
    assert done.returncode == 0, done.stderr
    assert "will refuse" in words(done.stdout)
    built = skipstone("build", code, "--board", "mps3-an547", "-o", tmp_path / "firmware.elf")
    assert built.returncode == 1 and "generated for ethos-u85-256" in built.stderr
    assert not (tmp_path / "firmware.elf").exists()
    (code / "codegen.json").write_text("{}")
    assert "does not say which NPU" in skipstone("build", code, "--board", "mps3-an547").stderr


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--npu", "ethos-u56-128"], 1, "there is no NPU"),
        (["--npu", "ethos-u55-128", "--npu-strict"], 1, "left to the CPU"),
        (["--npu", "ethos-u55-128", "--npu-leave", "gather"], 1, "no operator 'GATHER'"),
        (["--npu-strict"], 2, "name the accelerator"),
        (["--npu", "ethos-u55-128", "--export", "lib"], 2, "runs on the CPU alone"),
        (["--npu", "ethos-u55-128", "--npu-min-macs", "-1"], 2, "--npu-min-macs"),
    ],
)
def test_what_cannot_be_is_refused(
    model: Path, tmp_path: Path, options: list[str], status: int, message: str
) -> None:
    done = skipstone("codegen", model, "-b", "mps3-an547", "-o", tmp_path / "c", *options)
    assert done.returncode == status
    assert message in words(done.stderr)
    assert not (tmp_path / "c").exists()


def test_the_demo_takes_no_npu(tmp_path: Path) -> None:
    done = skipstone("run", "--demo", "--npu", "ethos-u55-128", "-o", tmp_path / "run")
    assert done.returncode == 2 and "--demo brings its own" in words(done.stderr)


def test_a_run_on_a_board_without_the_npu_ends_before_it_starts(model: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, np.zeros(16_000, np.int16), 16_000)
    options = ("--board", "mps2-an386", "--npu", "ethos-u55-128", "-o", tmp_path / "run")
    done = skipstone("run", model, clip, *options, "--work", tmp_path / "work")
    assert done.returncode == 1 and "mps2-an386 has no NPU" in words(done.stderr)
    assert not (tmp_path / "run").exists()


def test_a_profile_needs_the_code_of_an_npu(tmp_path: Path) -> None:
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, np.zeros(16_000, np.int16), 16_000)
    done = skipstone("profile", clip, "--board", "mps3-an547", "--code", tmp_path)
    assert done.returncode == 1 and "tells of no NPU" in words(done.stderr)
