"""The default of ``--npu-min-macs``."""

from __future__ import annotations

import pytest
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.npu.accelerator import accelerator_for
from skipstone.firmware.codegen.npu.errors import NpuError
from skipstone.tools.npu import cost_rule
from skipstone.tools.npu.check import check_job
from skipstone.tools.npu.cost_rule import DISPATCH_INSTRUCTIONS, Comparison, compare_layers, default_min_macs
from skipstone.tools.npu.settings import npu_settings

pytest.importorskip("ethosu.vela", reason="the extra npu is not installed")


def test_the_first_layer_that_the_npu_does_sooner_is_the_default() -> None:
    board = load_board("mps3-an547")
    accelerator = accelerator_for(board, "ethos-u55-128")
    compared = compare_layers(board, accelerator)
    widths = [comparison.width for comparison in compared]
    assert widths == sorted(widths)
    instructions = [comparison.cpu_instructions for comparison in compared]
    assert instructions == sorted(instructions) and instructions[0] > 0
    first = next(comparison for comparison in compared if comparison.npu_pays)
    assert default_min_macs(board, accelerator) == first.width**2
    before = compared[compared.index(first) - 1]
    assert DISPATCH_INSTRUCTIONS + before.npu_cycles >= before.cpu_instructions


def test_a_core_without_vectors_hands_over_sooner() -> None:
    accelerator = accelerator_for(load_board("mps3-an547"), "ethos-u55-128")
    of_m4 = default_min_macs(load_board("mps2-an386"), accelerator)
    assert of_m4 < default_min_macs(load_board("mps3-an547"), accelerator)


def test_where_nothing_pays_the_widest_layer_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost_rule, "compare_layers", lambda *_: [Comparison(16, 100, 100)])
    board = load_board("mps3-an547")
    assert default_min_macs(board, accelerator_for(board, "ethos-u55-128")) == cost_rule.WIDTHS[-1] ** 2


def test_settings_check_jobs_where_there_is_a_model() -> None:
    board = load_board("mps3-an547")
    assert npu_settings(board, "ethos-u55-64", min_macs=7).check is check_job
    assert npu_settings(board, "ethos-u85-256", min_macs=7).check is None
    assert npu_settings(board, "ethos-u55-64", 7, leave=["attention"]).leave == {"ATTENTION"}


def test_a_kind_that_never_runs_there_cannot_be_left() -> None:
    with pytest.raises(NpuError, match="GATHER"):
        npu_settings(load_board("mps3-an547"), "ethos-u55-64", 7, leave=["gather"])
