"""``skipstone codegen`` and ``skipstone analyze`` of models with IF that no gate switches, as commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import branch_models
import numpy as np
from branch_parts import Parts
from skipstone.quantize.tflite.writer import ModelWriter


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "skipstone.tools.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"COLUMNS": "160"})


def _written(folder: Path, data: bytes) -> Path:
    path = folder / "model.tflite"
    path.write_bytes(data)
    return path


def test_both_branches_stand_in_the_summary(tmp_path: Path) -> None:
    path = _written(tmp_path, branch_models.MODELS["branch_computes"](np.random.default_rng(4)))
    done = _run("codegen", path, "--board", "mps3-an547", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "out" / "codegen.json").read_text())["operators"]
    assert [row["kernel"] for row in rows].count("if") == 1
    assert {row["subgraph"] for row in rows} == {0, 1, 2}


def test_an_analysis_says_what_counts(tmp_path: Path) -> None:
    path = _written(tmp_path, branch_models.MODELS["branch_computes"](np.random.default_rng(4)))
    done = _run("analyze", path, "--board", "mps2-an386", "--json", tmp_path / "analysis.json")
    assert done.returncode == 0, done.stderr
    assert "upper bounds" in " ".join(done.stdout.split()), "whatever the width of the terminal"
    operations = json.loads((tmp_path / "analysis.json").read_text())["operations"]
    assert {op["is_counted"] for op in operations} == {True, False}
    assert [op["operator"] for op in operations].count("IF") == 1


def test_a_condition_from_outside_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    writer = ModelWriter("outside")
    rng = np.random.default_rng(1)
    quantization = {"scale": 0.1, "zero_point": 3}
    names = ("main", "then", "else")
    main, then, other = (Parts(writer.subgraph(n), rng, quantization) for n in names)
    then.graph.set_outputs(then.layer("y", then.input()))
    other.graph.set_outputs(other.input())
    x = main.input()
    bit = main.graph.input("wish", (1, 1), "bool")
    main.graph.set_outputs(*main.branch("y", bit, [x], (then, other)))
    done = _run(
        "codegen", _written(tmp_path, writer.to_bytes()), "--board", "mps2-an386", "-o", tmp_path / "out"
    )
    assert done.returncode == 1
    assert "tensor 'wish': type bool" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
