"""Skipped work is not done: instructions follow the gates, exactly and repeatably.

Instruction counts are exact on virtual boards (emulator plugin) and measured on parts with a PMU. Where only
cycles are measured (DWT) the bounds are asserted on them.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import Board
from skipstone.tools.device import Device, StepBatch
from skipstone.tools.profile import CostProfile, profile_features

from .reference import Reference

STEPS = 150
NONE_OF_ALL = 0.08
PREDICTION_ERROR = 0.03

Features = NDArray[np.int8]


def cost(device: Device, batch: StepBatch) -> NDArray[np.float64]:
    """Instructions of each step where they are counted, else cycles."""
    if device.info.instructions_kind == "none" and device.info.cycles_kind == "none":
        pytest.skip(f"board '{device.info.board}' counts nothing")
    counted = device.info.instructions_kind != "none"
    return (batch.instructions if counted else batch.cycles).astype(np.float64)


def dispatch(profile: CostProfile) -> float:
    """Instructions of a step outside of blocks and fixed parts."""
    return next(part.instructions for part in profile.fixed if part.name == "dispatch")


def test_all_gates_shut_cost_less_than_8_percent(
    device: Device, reference: Reference, features: Features, pytestconfig: pytest.Config
) -> None:
    """Besides the work of blocks that no gate saves: keys and values under the K/V policy ``always_kv``."""
    if pytestconfig.getoption("--npu"):
        pytest.skip("the blocks run on the NPU: what the core does is mostly the fixed part")
    means = {}
    for source in ("all", "none"):
        device.set_gates(source)
        device.reset()
        means[source] = cost(device, device.step_features(features[:STEPS], logits=False)).mean()
    print(f"\n{device.info.board}: all {means['all']:,.0f}, none {means['none']:,.0f}")
    assert means["none"] < (NONE_OF_ALL + reference.fixed_block_share) * means["all"]


def test_a_step_costs_the_fixed_part_and_its_open_blocks(
    board: Board, device: Device, features: Features
) -> None:
    """Block costs from a run with all gates open predict every step of a run with random gates.

    The hooks that measure an open block are part of the dispatch; with an NPU they are not negligible.
    """
    if device.info.instructions_kind == "none":
        pytest.skip("the board counts no instructions")
    profile = profile_features(device, board, [features[:STEPS]], "all")
    idle = profile_features(device, board, [features[:STEPS]], "none")
    hooks = (dispatch(profile) - dispatch(idle)) / device.info.block_count
    masks = np.random.default_rng(9).random((STEPS, device.info.block_count)) < 0.4
    device.set_gates("trace")
    device.reset()
    measured = cost(device, device.step_features(features[:STEPS], masks, logits=False))
    predicted = profile.predict_step_cost(masks) - hooks * (~masks).sum(axis=1)
    error = np.abs(predicted / measured - 1)
    print(f"\n{device.info.board}: prediction error mean {error.mean():.2%}, largest {error.max():.2%}")
    assert error.max() < PREDICTION_ERROR


def test_counts_repeat_exactly(device: Device, features: Features) -> None:
    """The same stream costs the same, instruction for instruction, whatever the host's timing."""
    if device.info.instructions_kind != "exact":
        pytest.skip("counts are exact on virtual boards only")
    runs = []
    for size in (STEPS, STEPS, 1):
        device.reset()
        parts = [device.step_features(features[i : min(i + size, STEPS)]) for i in range(0, STEPS, size)]
        runs.append(StepBatch.join(parts))
    for other in runs[1:]:
        assert np.array_equal(runs[0].instructions, other.instructions)
        assert np.array_equal(runs[0].cycles, other.cycles)


def test_the_boards_profile_agrees_with_its_steps(device: Device, features: Features) -> None:
    device.profile(clear=True)
    batch = device.step_features(features[:STEPS])
    sums = device.profile()
    assert sums.steps == STEPS
    assert sums.instructions == batch.instructions.sum(dtype=np.uint64)
    assert sums.cycles == batch.cycles.sum(dtype=np.uint64)
    assert np.array_equal(sums.runs, batch.gates.sum(axis=0))
    assert np.array_equal(sums.runs + sums.skips, np.full(device.info.block_count, STEPS))
    parts = sums.before_instructions + sums.after_instructions + int(sums.block_instructions.sum())
    assert parts <= sums.instructions
    device.profile(clear=True)
    assert device.profile().steps == 0


def test_a_skipped_block_costs_nothing(device: Device, features: Features) -> None:
    device.set_gates("none")
    device.profile(clear=True)
    device.step_features(features[:20])
    sums = device.profile()
    assert not sums.runs.any()
    assert not sums.block_instructions.any()
    assert not sums.block_cycles.any()
