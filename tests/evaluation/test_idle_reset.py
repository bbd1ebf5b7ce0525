"""The idle reset of the host's runners, in the metadata, and in what training attends to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.evaluation.idle_reset import IdleReset, as_deployed, idle_reset_of
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.models.attention import idle_resets, ring_window
from skipstone.quantize.models.config import ModelConfig, ModelConfigError
from skipstone.quantize.tflite.metadata import SkipTable, encode, read_skip_table
from skipstone.quantize.tflite.model import Model
from skipstone.quantize.tflite.reader import read_model

SMALL = {"d_model": 16, "layers": 2, "heads": 1, "head_dim": 8, "positions": 4, "ffn": 16, "conv_taps": 3}


class Recorded:
    """A runner that gives recorded gate bits and writes down when it is reset."""

    model: Model = None  # type: ignore[assignment]

    def __init__(self, gates: list[bool]) -> None:
        self.gates = iter(gates)
        self.done = 0
        self.resets: list[int] = []

    def reset(self) -> None:
        self.resets.append(self.done)

    def step(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        self.done += 1
        return [np.zeros(1, np.int8), np.array([[False, next(self.gates)]])]


def resets_of(gates: list[bool], steps: int) -> list[int]:
    """Steps that were done when the runner was reset."""
    recorded = Recorded(gates)
    runner = IdleReset(recorded, steps)
    for _ in gates:
        runner.step()
    return recorded.resets


def test_a_pause_after_enough_executed_steps_resets_once_at_its_nth_step() -> None:
    gates = [True, True, False, False, True, False, False, False, False, False, True, False, False, False]
    assert resets_of(gates, 3) == [8], "one executed step since the reset does not lead to another"
    assert resets_of(gates, 2) == [4, 13], "executed steps of two runs add up"
    assert resets_of(gates, 0) == []


def test_a_new_utterance_begins_a_new_count() -> None:
    recorded = Recorded([True, False, False, True, False, False])
    runner = IdleReset(recorded, 2)
    runner.step(), runner.step()
    runner.reset()
    for _ in range(4):
        runner.step()
    assert recorded.resets == [2]


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 5))
def test_training_counts_the_same_resets(gates: list[bool], steps: int) -> None:
    counted = idle_resets(torch.tensor(gates).float().reshape(1, -1, 1), steps)[0]
    resets = resets_of(gates, steps)
    assert counted.tolist() == [sum(done <= step for done in resets) for step in range(len(gates))]


@given(st.lists(st.booleans(), min_size=2, max_size=24), st.integers(1, 4))
def test_training_attends_to_what_a_cleared_ring_holds(gates: list[bool], steps: int) -> None:
    config = ModelConfig(vocabulary=3, positions=4)
    gate = torch.tensor([gates]).float()
    window = ring_window(gate, config, idle_resets(gate.unsqueeze(2), steps))
    ring: list[int] = []
    resets = resets_of(gates, steps)
    for step, executed in enumerate(gates):
        if step in resets:
            ring = []
        ring = [*ring, step][-config.positions :] if executed else ring
        assert torch.nonzero(window.inside[0, step]).ravel().tolist() == ring
        assert int(window.empty[0, step]) == config.positions - len(ring)


def test_the_number_travels_from_the_configuration_into_the_file() -> None:
    data = convert(random_checkpoint(1, idle_reset=9, **SMALL))
    assert idle_reset_of(read_model(data)) == 9
    assert as_deployed(IntegerInterpreter(data)).steps == 9
    assert as_deployed(IntegerInterpreter(data), 0).steps == 0
    plain = read_model(convert(random_checkpoint(1, **SMALL)))
    table = read_skip_table(plain)
    assert table is not None and idle_reset_of(plain) == 0
    assert b"idle_reset" not in encode(table), "left out where it is 0"
    assert b"idle_reset" in encode(SkipTable.model_validate({**table.model_dump(), "idle_reset": 4}))


@pytest.mark.parametrize("steps", [-1, 70_000])
def test_an_impossible_number_is_refused(steps: int) -> None:
    with pytest.raises(ModelConfigError, match="idle_reset"):
        ModelConfig(vocabulary=6, idle_reset=steps)
