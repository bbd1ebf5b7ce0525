"""Exported PyTorch programs: what can run step by step, and what is refused with its reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from skipstone.quantize.importing.errors import ImportModelError
from skipstone.quantize.importing.torch_program import check_program, read_torch_step
from torch import Tensor, nn


class Window(nn.Module):
    """[1, 4] and the last three → the mean of all four rows, and the new last three."""

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        rows = torch.cat([past, x.unsqueeze(1)], dim=1)
        return rows.mean(1), rows[:, 1:]


class Step(nn.Module):
    """A module that computes what it is given."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *operands: Tensor) -> object:
        return self.function(*operands)


class Counter(nn.Module):
    """A module that keeps its state to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("total", torch.zeros(1, 4))

    def forward(self, x: Tensor) -> Tensor:
        self.total.add_(x)
        return self.total * 2


def exported(module: nn.Module, *operands: Tensor, **options: object) -> object:
    return torch.export.export(module.eval(), operands, **options)


X, PAST = torch.zeros(1, 4), torch.zeros(1, 3, 4)


def test_a_saved_step_is_read_with_its_states(tmp_path: Path) -> None:
    torch.export.save(exported(Window(), X, PAST), tmp_path / "window.pt2")
    step = read_torch_step(tmp_path / "window.pt2")
    assert step.inputs == (("x", (1, 4)), ("past", (1, 3, 4)))
    assert step.states == (("past", (1, 3, 4)),)


def test_a_stream_brings_the_states_along() -> None:
    step = check_program(exported(Window(), X, PAST))
    rows = np.arange(24, dtype=np.float32).reshape(6, 1, 4)
    inputs = step.stream(rows)
    padded = np.concatenate([np.zeros((3, 4), np.float32), rows[:, 0]])
    assert len(inputs) == 6
    for number, (features, past) in enumerate(inputs):
        np.testing.assert_array_equal(features, rows[number])
        np.testing.assert_array_equal(past[0], padded[number : number + 3])


def test_a_model_without_state_streams_too() -> None:
    step = check_program(exported(nn.Linear(4, 2), X))
    assert [len(inputs) for inputs in step.stream(np.zeros((3, 1, 4), np.float32))] == [1, 1, 1]


def test_a_state_that_grows_without_bound_is_refused() -> None:
    step = check_program(exported(Step(lambda x, h: (x + h, h * 1e30 + x)), X, torch.zeros(1, 4)))
    with pytest.raises(ImportModelError, match="is not finite after step 2"):
        step.stream(np.ones((5, 1, 4), np.float32))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: exported(Counter(), X), "changes its buffers total in forward"),
        (lambda: exported(nn.Linear(4, 2), torch.zeros(3, 4)), "the batch of input 'input' is 3"),
        (
            lambda: exported(Step(lambda x, n: x + n), X, torch.zeros(1, 4, dtype=torch.int32)),
            "is int32, not float32",
        ),
        (lambda: exported(Step(lambda x: x.argmax(1)), X), "is int64, not float32"),
        (
            lambda: exported(Step(lambda x, h: x + h), X, X),
            "takes 1 states after the features, but returns 0",
        ),
        (lambda: exported(Step(lambda x: (x, x)), X), "takes 0 states after the features, but returns 1"),
        (
            lambda: exported(Step(lambda x, h: (x, h[:, 1:])), X, PAST),
            r"\[1, 3, 4\] before a step and \[1, 2, 4\] after",
        ),
        (
            lambda: exported(
                nn.Linear(4, 2), torch.zeros(5, 4), dynamic_shapes=({0: torch.export.Dim("batch", max=9)},)
            ),
            r"open dimensions: \[\?, 4\]",
        ),
    ],
    ids=["buffer", "batch", "integer-input", "integer-result", "lost-state", "no-state", "shrinking", "open"],
)
def test_models_that_cannot_stream_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ImportModelError, match=message) as caught:
        check_program(make())
    assert "torch.export.export" in caught.value.remedy


def test_files_that_are_no_programs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportModelError, match="no such file"):
        read_torch_step(tmp_path / "none.pt2")
    for content in (b"", b"no program", b"PK\x03\x04"):
        (tmp_path / "bad.pt2").write_bytes(content)
        with pytest.raises(ImportModelError, match=r"bad\.pt2 is no exported program"):
            read_torch_step(tmp_path / "bad.pt2")
    torch.save({"weights": X}, tmp_path / "weights.pt2")
    with pytest.raises(ImportModelError, match="no exported program") as caught:
        read_torch_step(tmp_path / "weights.pt2")
    assert "torch.export.save" in caught.value.remedy
