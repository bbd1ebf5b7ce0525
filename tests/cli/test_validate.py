"""``skipstone validate`` as a command: bad input, a small model on a board, a wrong constant found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from branch_models import weights_as_operand
from branch_parts import SIZE
from parts_model import PARTS, parts_model
from sixteen_bit_models import streaming_int16
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.packing.operator import PackedOperator
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.tflite.reader import read_model
from skipstone.tools.validate.features import random_features
from skipstone.tools.validate.run import Bench, validate

SMALL = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 24, "vocabulary": 5}
TOOLS = ("qemu-system-arm", "arm-none-eabi-gcc")


@pytest.fixture
def own_boards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Virtual boards that no other test flashes; the paths of their sockets must be short."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.fail(f"not installed: {', '.join(missing)}; run make setup")
    with tempfile.TemporaryDirectory(prefix="ss") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "small.tflite"
    path.write_bytes(convert(random_checkpoint(1, **SMALL)))
    return path


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "validate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))


def test_features_of_another_model(model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.zeros((4, 7), np.int8))
    arguments = ("--data", tmp_path / "f.npy", "--work", tmp_path / "work", "--json", tmp_path / "a.json")
    done = _run(model, "--board", "mps2-an386", *arguments)
    assert done.returncode == 1
    assert "the model takes 160 a step" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "work").exists()
    assert not (tmp_path / "a.json").exists()


def test_a_damaged_file(model: Path, tmp_path: Path) -> None:
    model.write_bytes(model.read_bytes()[:2000])
    done = _run(model, "--board", "mps2-an386", "--work", tmp_path / "work")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert not (tmp_path / "work").exists()


def test_a_model_without_c_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "handed.tflite"
    path.write_bytes(weights_as_operand(np.random.default_rng(1)))
    done = _run(path, "--board", "mps2-an386", "--work", tmp_path / "work", "--json", tmp_path / "a.json")
    assert done.returncode == 1
    assert "make them constants of the subgraph that the operator stands in" in done.stderr
    assert "Traceback" not in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["handed.tflite"]


@pytest.mark.usefixtures("own_boards")
def test_a_model_on_a_board(model: Path, tmp_path: Path) -> None:
    done = _run(model, "--board", "mps2-an386", "--steps", 24, "--work", tmp_path / "work")
    assert done.returncode == 0, done.stderr
    assert "24 steps with gates by arbitrator, all, none: every output byte is stock TFLM's" in done.stdout


@pytest.fixture
def int16_model(tmp_path: Path) -> Path:
    path = tmp_path / "int16.tflite"
    path.write_bytes(streaming_int16(np.random.default_rng(4)))
    return path


def test_features_of_another_type(int16_model: Path, tmp_path: Path) -> None:
    width = read_model(int16_model.read_bytes()).main.tensors[0].elements
    np.save(tmp_path / "f.npy", np.zeros((4, width), np.int8))
    done = _run(int16_model, "--board", "mps2-an386", "--data", tmp_path / "f.npy", "--work", tmp_path / "w")
    assert done.returncode == 1
    assert "int8 features; the model takes int16" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "w").exists()


@pytest.mark.usefixtures("own_boards")
def test_a_model_of_int16_on_a_board(int16_model: Path, tmp_path: Path) -> None:
    """Features, state and logits of two bytes, over serial."""
    width = read_model(int16_model.read_bytes()).main.tensors[0].elements
    features = np.random.default_rng(1).integers(-(1 << 15), 1 << 15, (24, width)).astype(np.int16)
    np.save(tmp_path / "f.npy", features)
    arguments = ("--data", tmp_path / "f.npy", "--work", tmp_path / "work")
    done = _run(int16_model, "--board", "mps2-an386", *arguments)
    assert done.returncode == 0, done.stderr
    assert "24 steps: every output byte is stock TFLM's, 1 states are right" in done.stdout


@pytest.mark.usefixtures("own_boards")
def test_a_wrong_constant_on_the_board_is_found(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The zero point of one layer's output is off by one in the generated C only."""
    from skipstone.firmware.codegen import selection
    from skipstone.firmware.codegen.operations import FullyConnected

    honest = selection._fully_connected

    def off_by_one(op: FullyConnected, variant: object) -> PackedOperator:
        packed = honest(op, variant)  # type: ignore[arg-type]
        if not op.name.startswith("layer0/mha/output"):
            return packed
        scalars = {**packed.scalars, "output_zero_point": packed.scalars["output_zero_point"] + 1}
        return replace(packed, scalars=scalars)

    monkeypatch.setattr(selection, "_PACKERS", {**selection._PACKERS, FullyConnected: off_by_one})
    bench = Bench(load_board("mps2-an386"), tmp_path / "work")
    outcome = validate(model.read_bytes(), "small", random_features(12, 160, np.dtype(np.int8)), bench)
    assert not outcome.is_equal
    assert outcome.first is not None
    assert (outcome.first.operator, outcome.first.unseen) == ("FULLY_CONNECTED", ())
    assert outcome.first.name.startswith("layer0/mha/output")
    assert outcome.first.difference.got - outcome.first.difference.expected == 1


@pytest.mark.usefixtures("own_boards")
def test_a_wrong_second_output_on_the_board_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SPLIT takes its second part from the wrong columns, in the generated C only."""
    from skipstone.firmware.codegen import selection
    from skipstone.firmware.codegen.operations import KernelCall

    def other_columns(op: KernelCall, variant: object) -> PackedOperator:
        packed = op.pack(variant)  # type: ignore[arg-type]
        if op.name not in ("part1", "row1"):
            return packed
        return replace(packed, scalars={**packed.scalars, "source3": packed.scalars["source3"] - 1})

    monkeypatch.setattr(selection, "_PACKERS", {**selection._PACKERS, KernelCall: other_columns})
    bench = Bench(load_board("mps2-an386"), tmp_path / "work")
    features = random_features(6, SIZE * PARTS, np.dtype(np.int8))
    outcome = validate(parts_model("SPLIT"), "parts", features, bench)
    assert outcome.first is not None
    assert (outcome.first.operator, outcome.first.name, outcome.first.unseen) == ("SPLIT", "part1", ())
