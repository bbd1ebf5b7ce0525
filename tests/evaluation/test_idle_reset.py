"""The idle reset of the host's runners, in the metadata, and in what training attends to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.evaluation.idle_reset import IdleReset, IdleRule, as_deployed
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.models.attention import idle_resets, ring_window
from skipstone.quantize.models.config import ModelConfig, ModelConfigError
from skipstone.quantize.tflite.metadata import SkipTable, encode, read_skip_table
from skipstone.quantize.tflite.model import Model
from skipstone.quantize.tflite.reader import read_model

BLOCKS = 3
SMALL = {"d_model": 16, "layers": 2, "heads": 1, "head_dim": 8, "positions": 4, "ffn": 16, "conv_taps": 3}


class Recorded:
    """A runner that gives a recorded number of open gates of :data:`BLOCKS` and writes down when it is
    reset."""

    model: Model = None  # type: ignore[assignment]

    def __init__(self, counts: Sequence[int]) -> None:
        self.counts = iter(counts)
        self.done = 0
        self.resets: list[int] = []

    def reset(self) -> None:
        self.resets.append(self.done)

    def step(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        self.done += 1
        return [np.zeros(1, np.int8), np.arange(BLOCKS)[None] < next(self.counts)]


def resets_of(counts: Sequence[int], steps: int, blocks: int = 0) -> list[int]:
    """Steps that were done when the runner was reset."""
    recorded = Recorded(counts)
    runner = IdleReset(recorded, IdleRule(steps, blocks))
    for _ in counts:
        runner.step()
    return recorded.resets


def test_a_pause_after_enough_executed_steps_resets_once_at_its_nth_step() -> None:
    gates = [True, True, False, False, True, False, False, False, False, False, True, False, False, False]
    assert resets_of(gates, 3) == [8], "one executed step since the reset does not lead to another"
    assert resets_of(gates, 2) == [4, 13], "executed steps of two runs add up"
    assert resets_of(gates, 0) == []


def test_a_new_utterance_begins_a_new_count() -> None:
    recorded = Recorded([True, False, False, True, False, False])
    runner = IdleReset(recorded, IdleRule(2))
    runner.step(), runner.step()
    runner.reset()
    for _ in range(4):
        runner.step()
    assert recorded.resets == [2]


def test_steps_with_few_blocks_are_idle() -> None:
    counts = [3, 2, 3, 1, 2, 2, 0, 3, 1]
    assert resets_of(counts, 2, blocks=2) == [5], "a step of two blocks is idle, and none of three"
    assert resets_of(counts, 2) == []


@given(st.lists(st.integers(0, BLOCKS), min_size=1, max_size=40), st.integers(1, 5), st.integers(0, 2))
def test_training_counts_the_same_resets(counts: list[int], steps: int, blocks: int) -> None:
    gates = torch.arange(BLOCKS) < torch.tensor(counts)[None, :, None]
    counted = idle_resets(gates.float(), steps, blocks)[0]
    resets = resets_of(counts, steps, blocks)
    assert counted.tolist() == [sum(done <= step for done in resets) for step in range(len(counts))]


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
    data = convert(random_checkpoint(1, idle_reset=9, idle_blocks=2, **SMALL))
    assert IdleRule.of(read_model(data)) == IdleRule(9, 2)
    assert as_deployed(IntegerInterpreter(data)).rule == IdleRule(9, 2)
    assert as_deployed(IntegerInterpreter(data), IdleRule()).rule == IdleRule(0, 0)
    plain = read_model(convert(random_checkpoint(1, **SMALL)))
    table = read_skip_table(plain)
    assert table is not None and IdleRule.of(plain) == IdleRule()
    assert b"idle" not in encode(table), "left out where it is 0"
    assert b"idle_reset" in encode(SkipTable.model_validate({**table.model_dump(), "idle_reset": 4}))


@pytest.mark.parametrize("steps", [-1, 70_000])
def test_an_impossible_number_is_refused(steps: int) -> None:
    with pytest.raises(ModelConfigError, match="idle_reset"):
        ModelConfig(vocabulary=6, idle_reset=steps)


@pytest.mark.parametrize("blocks", [-1, 4])
def test_a_rule_by_which_every_step_is_idle_is_refused(blocks: int) -> None:
    with pytest.raises(ModelConfigError, match="idle_blocks"):
        ModelConfig(vocabulary=6, layers=2, idle_blocks=blocks)
