"""``skipstone import keras``: representative data, shapes that cannot stream, and a whole model where the
extra is installed (the test set-up leaves it out)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from skipstone.firmware.codegen.boards import load_board
from skipstone.quantize.importing.errors import ImportModelError
from skipstone.quantize.importing.keras_model import convert_keras, only_input
from skipstone.quantize.importing.representative import fit_to_input, read_representative
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.tools.validate.features import random_features
from skipstone.tools.validate.run import Bench, validate

needs_tensorflow = pytest.mark.skipif(find_spec("tensorflow") is None, reason="needs the extra keras")
EXAMPLE = Path(__file__).parents[2] / "docs" / "how-to" / "keras"


def test_representative_steps_are_read_as_float32(tmp_path: Path) -> None:
    path = tmp_path / "steps.npy"
    np.save(path, np.arange(12, dtype=np.int16).reshape(3, 4))
    values = read_representative(path)
    assert values.dtype == np.float32
    assert fit_to_input(values, (1, 1, 4)).shape == (3, 1, 1, 4)
    with pytest.raises(ImportModelError, match=r"shape \[4\], but the model takes \[1, 5\]"):
        fit_to_input(values, (1, 5))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([[1.0, np.nan]]), "infinities or NaN"),
        (np.zeros((0, 3)), "has no steps"),
        (np.zeros(3), "has no steps"),
        (np.array([["a"]]), "no array of real numbers"),
    ],
)
def test_other_representative_data_are_refused(tmp_path: Path, values: np.ndarray, message: str) -> None:
    path = tmp_path / "steps.npy"
    np.save(path, values)
    with pytest.raises(ImportModelError, match=message):
        read_representative(path)


def test_files_that_are_no_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "steps.npy"
    with pytest.raises(ImportModelError, match="cannot read"):
        read_representative(path)
    for content in (b"", b"no array", b"\x93NUMPY"):
        path.write_bytes(content)
        with pytest.raises(ImportModelError, match=r"steps\.npy"):
            read_representative(path)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([(1, 4), (1, 4)], "2 inputs"),
        ([(1, None, 4)], r"open dimensions: \[1, \?, 4\]"),
        ([(None, 4)], "open dimensions"),
        ([(8, 4)], "batch of the input is 8"),
    ],
)
def test_models_that_cannot_stream_are_refused(inputs: list[tuple[int | None, ...]], message: str) -> None:
    with pytest.raises(ImportModelError, match=message):
        only_input(inputs)


def test_missing_tensorflow_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ImportModelError, match="TensorFlow is not installed") as caught:
        convert_keras(tmp_path / "a.keras", np.zeros((1, 4), np.float32))
    assert "skipstone[keras]" in caught.value.remedy


def test_the_command_refuses_and_writes_nothing(tmp_path: Path) -> None:
    model = tmp_path / "out.tflite"
    missing = tmp_path / "none.npy"
    arguments = ["import", "keras", "a.keras", "--representative", str(missing), "-o", str(model)]
    run = subprocess.run(["skipstone", *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "error: cannot read" in run.stderr and "remedy:" in run.stderr
    assert "Traceback" not in run.stderr
    assert not model.exists()


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A folder with the files that the example of the documentation writes."""
    environment = os.environ | {"PYTHONPATH": f"{EXAMPLE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    subprocess.run(
        [sys.executable, str(EXAMPLE / "make_model.py")], cwd=tmp_path, check=True, env=environment
    )
    return tmp_path


@needs_tensorflow
def test_the_example_becomes_a_streaming_int8_model(example: Path) -> None:
    arguments = ["keyword.keras", "-r", "steps.npy", "--layers", str(EXAMPLE / "stream.py")]
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "import", "keras", *arguments]
    run = subprocess.run(
        [*command, "-o", "keyword.tflite"], cwd=example, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    data = (example / "keyword.tflite").read_bytes()
    assert run.stdout == f"keyword.tflite: {len(data):,} bytes, input int8[1, 1, 40], 1 state\n"
    assert [state.shape for state in IntegerInterpreter(data).states().values()] == [(1, 7, 16)]


@needs_tensorflow
def test_the_example_is_byte_equal_on_a_board(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = read_representative(example / "steps.npy")
    data = convert_keras(example / "keyword.keras", steps, EXAMPLE / "stream.py")
    with tempfile.TemporaryDirectory(prefix="ss") as boards:
        monkeypatch.setenv("XDG_RUNTIME_DIR", boards)
        bench = Bench(load_board("mps3-an547"), example / "work")
        outcome = validate(data, "keyword", random_features(24, 40, np.dtype(np.int8)), bench)
    assert outcome.is_equal, outcome.differences
