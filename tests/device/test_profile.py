"""A profile adds up: parts to the whole, blocks to predictions, cycles to energy."""

from __future__ import annotations

import json

import numpy as np
import pytest
from rich.console import Console
from skipstone.firmware.codegen.boards import load_board
from skipstone.tools.device import Device, DeviceError
from skipstone.tools.profile import CostProfile, EnergyModel, profile_features, profile_table
from skipstone.tools.protocol.messages import CounterKind

from .simulated_board import BLOCKS, FEATURES, SimulatedBoard

BOARD = load_board("mps2-an386")


@pytest.fixture
def profile() -> CostProfile:
    """Ten steps of a simulated board whose block i ran i times at 100 instructions a run."""
    return profile_features(Device(SimulatedBoard()), BOARD, [np.zeros((10, FEATURES), np.int8)])


def test_parts_add_up_to_the_whole(profile: CostProfile) -> None:
    blocks = sum(block.instructions * block.runs for block in profile.blocks)
    fixed = sum(part.instructions * part.runs for part in profile.fixed)
    assert blocks + fixed == pytest.approx(10_000)
    assert sum(part.share for part in (*profile.blocks, *profile.fixed)) == pytest.approx(1)


def test_a_prediction_is_the_fixed_part_and_the_open_blocks(profile: CostProfile) -> None:
    fixed = sum(part.instructions for part in profile.fixed)
    gates = np.zeros((3, BLOCKS), bool)
    gates[1, 4] = True
    gates[2, 2:5] = True
    assert profile.predict_step_cost(gates) == pytest.approx([fixed, fixed + 100, fixed + 300])


def test_energy_is_active_plus_idle_floor() -> None:
    energy = EnergyModel.of(BOARD, frames_per_step=4, cycles_kind="modelled")
    assert energy.step_seconds == pytest.approx(0.040)
    assert energy.idle_uj == pytest.approx(BOARD.energy.idle_mw * 40)
    assert energy.active_uj(1_000_000) == pytest.approx(BOARD.energy.active_nj_per_cycle * 1000)


@pytest.mark.parametrize(("cycles_kind", "kind"), [("modelled", "estimated"), ("measured", "datasheet")])
def test_energy_of_modelled_cycles_is_never_better_than_estimated(cycles_kind: str, kind: str) -> None:
    stated = BOARD.energy.model_copy(update={"kind": "datasheet"})
    board = BOARD.model_copy(update={"energy": stated})
    assert EnergyModel.of(board, 4, cycles_kind).kind == kind


@pytest.mark.parametrize(
    ("counter", "kinds"),
    [(CounterKind.VIRTUAL, ("exact", "modelled")), (CounterKind.DWT, ("none", "measured"))],
)
def test_every_figure_carries_its_kind(counter: CounterKind, kinds: tuple[str, str]) -> None:
    device = Device(SimulatedBoard(counter=counter))
    profile = profile_features(device, BOARD, [np.zeros((3, FEATURES), np.int8)])
    assert (profile.instructions_kind, profile.cycles_kind) == kinds
    assert profile.cycles_uncertainty_percent == (15 if kinds[1] == "modelled" else 0)
    console = Console(width=120, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(profile_table(profile))
    text = captured.get()
    assert all(f"({kind}" in text for kind in (*kinds, "estimated"))


def test_a_profile_is_plain_json(profile: CostProfile) -> None:
    data = json.loads(json.dumps(profile.as_dict()))
    assert data["version"] == 1
    assert data["steps"]["gates"][0] == "101001011010"
    assert len(data["steps"]["instructions"]) == 10
    assert data["blocks"][3]["name"] == "layer1/ffn"


def test_a_board_that_counts_nothing_is_refused() -> None:
    with pytest.raises(DeviceError, match="counts nothing"):
        profile_features(
            Device(SimulatedBoard(counter=CounterKind.NONE)), BOARD, [np.zeros((1, FEATURES), np.int8)]
        )


def test_nothing_to_profile_is_refused() -> None:
    with pytest.raises(DeviceError, match="no steps"):
        profile_features(Device(SimulatedBoard()), BOARD, [])
