"""``skipstone codegen`` of models with loops and recurrent operators, as a command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import loop_models
import numpy as np
import pytest
import recurrent_models
from single_input import with_one_input

MAKERS = recurrent_models.MODELS | loop_models.MODELS


def _run(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / f"{name}.tflite"
    path.write_bytes(with_one_input(MAKERS[name](np.random.default_rng(4))))
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "codegen", path, "--board", "mps2-an386"]
    command += ["-o", folder / "out"]
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, env={"COLUMNS": "160"}
    )


@pytest.mark.parametrize(
    ("name", "states", "kernel"),
    [
        ("svdf", ["state"], "ss_svdf_s8"),
        ("unidirectional_sequence_lstm", ["hidden", "cell"], "ss_lstm_s8_dsp"),
        ("counted_loop", [], "for"),
    ],
)
def test_states_and_kernels_stand_in_the_summary(
    name: str, states: list[str], kernel: str, tmp_path: Path
) -> None:
    done = _run(name, tmp_path)
    assert done.returncode == 0, done.stderr
    table = json.loads((tmp_path / "out" / "codegen.json").read_text())
    assert [state["name"] for state in table["states"]] == states
    assert any(row["kernel"].startswith(kernel) for row in table["operators"])


def test_a_loop_that_asks_the_data_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    done = _run("loop_until", tmp_path)
    assert done.returncode == 1
    assert "while 'y': its condition does not compare one int32 of its inputs" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
