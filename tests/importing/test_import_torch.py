"""``skipstone import torch``: errors, and whole models where the extra is installed (`make test-imports`)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from skipstone.firmware.codegen.boards import load_board
from skipstone.quantize.importing.errors import ImportModelError
from skipstone.quantize.importing.representative import read_representative
from skipstone.quantize.importing.torch_model import convert_torch
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.reader import read_model
from skipstone.tools.validate.features import random_features
from skipstone.tools.validate.run import Bench, validate
from torch import Tensor, nn

needs_litert = pytest.mark.skipif(find_spec("litert_torch") is None, reason="needs the extra torch-import")
EXAMPLE = Path(__file__).parents[2] / "docs" / "how-to" / "torch" / "make_model.py"


class Gru(nn.Module):
    """A recurrent cell: its state passes products, sums and tanh."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.head = nn.GRUCell(20, 12), nn.Linear(12, 5)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = self.cell(x, h)
        return self.head(h), h


class Attention(nn.Module):
    """Eight positions of keys and values, pushed by one a step, and a residual."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(16, 16) for _ in range(3))
        self.head = nn.Linear(16, 4)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        keys = torch.cat([keys[:, 1:], self.key(x).unsqueeze(1)], 1)
        values = torch.cat([values[:, 1:], self.value(x).unsqueeze(1)], 1)
        weights = torch.softmax(self.query(x).unsqueeze(1) @ keys.transpose(1, 2) * 0.25, -1)
        return self.head(x + (weights @ values).squeeze(1)), keys, values


class Keywords(nn.Module):
    """Convolutions over a whole second, without state."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 16, (10, 4), stride=2, padding=(4, 1))
        self.norm = nn.BatchNorm2d(16)
        self.depthwise, self.pointwise = nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.Conv2d(16, 16, 1)
        self.head = nn.Linear(16, 12)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm(self.first(x)))
        x = torch.relu(self.pointwise(torch.relu(self.depthwise(x))))
        return torch.softmax(self.head(x.mean((2, 3))), -1)


MODELS = {
    "gru": (Gru, [(1, 20), (1, 12)]),
    "attention": (Attention, [(1, 16), (1, 8, 16), (1, 8, 16)]),
    "keywords": (Keywords, [(1, 1, 49, 10)]),
}


def test_missing_libraries_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "litert_torch", None)
    with pytest.raises(ImportModelError, match="LiteRT Torch is not installed") as caught:
        convert_torch(tmp_path / "a.pt2", np.zeros((1, 1, 4), np.float32))
    assert "skipstone[torch-import]" in caught.value.remedy


def test_the_command_refuses_and_writes_nothing(tmp_path: Path) -> None:
    model = tmp_path / "out.tflite"
    arguments = ["import", "torch", "a.pt2", "--representative", str(tmp_path / "none.npy"), "-o", str(model)]
    run = subprocess.run(["skipstone", *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "error: cannot read" in run.stderr and "remedy:" in run.stderr
    assert "Traceback" not in run.stderr
    assert not model.exists()


def imported(name: str, folder: Path) -> tuple[nn.Module, bytes, np.ndarray]:
    """A model of ``MODELS`` with random weights, its .tflite, and the steps it was calibrated on."""
    kind, shapes = MODELS[name]
    torch.manual_seed(0)
    module = kind().eval()
    operands = tuple(torch.zeros(shape) for shape in shapes)
    torch.export.save(torch.export.export(module, operands), folder / f"{name}.pt2")
    steps = np.random.default_rng(1).normal(size=(80, *shapes[0])).astype(np.float32)
    return module, convert_torch(folder / f"{name}.pt2", steps), steps


def compared(module: nn.Module, data: bytes, steps: np.ndarray, shapes: list[tuple[int, ...]]) -> float:
    """Signal to quantization noise of the result over a stream, in dB."""
    main = read_model(data).main
    features, result = main.tensors[main.inputs[0]], main.tensors[main.outputs[0]]
    interpreter = IntegerInterpreter(data)
    states = [torch.zeros(shape) for shape in shapes[1:]]
    exact, given = [], []
    for step in steps:
        with torch.no_grad():
            outputs = module(torch.from_numpy(step), *states)
        exact.append((outputs[0] if states else outputs).numpy().reshape(-1))
        states = list(outputs[1:]) if states else []
        quantized = np.rint(step / features.scale) + features.zero_point
        values = interpreter.step(np.clip(quantized, -128, 127).astype(np.int8).reshape(features.shape))[0]
        given.append((values.astype(np.float64).reshape(-1) - result.zero_point) * result.scale)
    error = np.square(np.array(exact) - np.array(given)).sum()
    return float(10 * np.log10(np.square(np.array(exact)).sum() / error))


@needs_litert
@pytest.mark.parametrize("name", MODELS)
def test_the_int8_model_follows_the_float_model_and_never_rescales_a_window(
    name: str, tmp_path: Path
) -> None:
    module, data, steps = imported(name, tmp_path)
    states = MODELS[name][1][1:]
    assert [state.shape for state in IntegerInterpreter(data).states().values()] == states
    assert "QUANTIZE" not in {operator.name for operator in read_model(data).main.operators}
    assert not [t for g in read_model(data).subgraphs for t in g.tensors if t.dtype == "float32"]
    assert compared(module, data, steps, MODELS[name][1]) > 30, "dB; int8 with 8 bits of range gives up to 50"


@needs_litert
@pytest.mark.parametrize("name", MODELS)
def test_the_model_is_byte_equal_on_a_board(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data, steps = imported(name, tmp_path)
    features = random_features(24, steps[0].size, np.dtype(np.int8))
    with tempfile.TemporaryDirectory(prefix="ss") as boards:
        monkeypatch.setenv("XDG_RUNTIME_DIR", boards)
        outcome = validate(data, name, features, Bench(load_board("mps2-an386"), tmp_path / "work"))
    assert outcome.is_equal, outcome.differences


@needs_litert
def test_the_example_becomes_a_streaming_int8_model(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(EXAMPLE)], cwd=tmp_path, check=True)
    data = convert_torch(tmp_path / "keyword.pt2", read_representative(tmp_path / "steps.npy"))
    assert {name: state.shape for name, state in IntegerInterpreter(data).states().items()} == {
        "past": (1, 7, 16)
    }
    output = tmp_path / "keyword.tflite"
    arguments = ["import", "torch", "keyword.pt2", "-r", "steps.npy", "-o", output.name]
    command = [sys.executable, "-m", "skipstone.tools.cli.main", *arguments]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"keyword.tflite: {len(data):,} bytes, input int8[1, 1, 40], 1 state\n"
    assert output.read_bytes() == data


@needs_litert
def test_what_has_no_int8_operator_is_named_and_nothing_written(tmp_path: Path) -> None:
    """``erf`` stays float: code generation names the operators, and the command writes nothing."""

    class Gelu(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.erf(x)

    torch.export.save(torch.export.export(Gelu().eval(), (torch.zeros(1, 4),)), tmp_path / "gelu.pt2")
    np.save(tmp_path / "steps.npy", np.zeros((4, 1, 4), np.float32))
    arguments = ["import", "torch", "gelu.pt2", "-r", "steps.npy", "-o", "gelu.tflite"]
    command = [sys.executable, "-m", "skipstone.tools.cli.main", *arguments]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and "remedy:" in run.stderr and "Traceback" not in run.stderr
    assert not (tmp_path / "gelu.tflite").exists()
