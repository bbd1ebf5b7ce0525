"""Quantities of a kernel's work, and what is predicted from them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from skipstone.firmware.codegen.boards import board_names, load_board
from skipstone.firmware.codegen.packing import KernelVariant, pack_fully_connected
from skipstone.firmware.codegen.packing.operator import PackedOperator
from skipstone.firmware.codegen.packing.shift import pack_shift
from skipstone.tools.analyze.errors import AnalyzeError
from skipstone.tools.analyze.kernel_costs import (
    CoreCosts,
    KernelCost,
    StepCost,
    load_kernel_costs,
    predict_kernel,
)
from skipstone.tools.analyze.work import family, work_of

KERNELS = Path(__file__).parents[2] / "firmware" / "runtime" / "kernels"
INSIDE_OTHERS = {"window_s8"}
"""Called by other kernels only."""


def _layer(outputs: int, inputs: int, variant: KernelVariant = KernelVariant.DSP) -> PackedOperator:
    weights = np.ones((outputs, inputs), np.int8)
    return pack_fully_connected(weights, 0, 0, 1 << 30, -8, variant, output_zero_point=0)


def test_quantities_of_a_layer() -> None:
    work = work_of(_layer(10, 37))
    assert work is not None
    assert work["macs"] == 370
    assert (work["groups"], work["partial_groups"], work["tiles"], work["tail_units"]) == (3, 1, 6, 6)


def test_every_kernel_is_counted() -> None:
    """A new kernel needs quantities here and cases in benchmarks/kernel_costs."""
    costs = load_kernel_costs()
    names = {path.stem for path in KERNELS.glob("*.c")} - {f"ss_{name}_ref" for name in INSIDE_OTHERS}
    recorded = {name for core in costs.cores.values() for name in core.kernels}
    missing = sorted(name for name in names if name not in recorded)
    assert missing == [], "run python benchmarks/kernel_costs/run.py"


def test_an_unknown_kernel_has_no_cost() -> None:
    costs = load_kernel_costs().of_board(load_board("mps2-an386"))
    assert predict_kernel(costs, PackedOperator("ss_unheard_of_s8_ref", "x", {})) is None
    assert family("ss_unheard_of_s8_ref") == "unheard_of_s8"


def test_prediction_is_the_sum_of_the_work() -> None:
    step = StepCost(step=0, copied_byte=0, copy_call=0, block=0, open_block=0)
    kernel = KernelCost(
        coefficients={"calls": 10, "elements": 2}, cases=1, mean_error_percent=0, worst_error_percent=0
    )
    costs = CoreCosts(kernels={"ss_shift_s8_ref": kernel}, step=step)
    assert predict_kernel(costs, pack_shift(30, KernelVariant.REF)) == 70


@pytest.mark.parametrize("board", board_names())
def test_every_board_has_costs(board: str) -> None:
    assert load_kernel_costs().of_board(load_board(board)).kernels


def test_recorded_layers_are_predicted() -> None:
    """Figures of another benchmark: benchmarks/results/kernels.json."""
    rows = json.loads((KERNELS.parents[2] / "benchmarks" / "results" / "kernels.json").read_text())["rows"]
    for row in rows:
        if row["kernel"] == "fully_connected_s8" and row["variant"] in ("dsp", "mve"):
            inputs, outputs = (int(size) for size in row["shape"].split("x"))
            costs = load_kernel_costs().cores[row["core"]]
            predicted = predict_kernel(costs, _layer(outputs, inputs, KernelVariant(row["variant"])))
            assert predicted == pytest.approx(row["instructions"], rel=0.03), row


def test_whole_models_are_within_five_percent() -> None:
    """The error that the command prints: every whole model against its exact count on a board."""
    costs = load_kernel_costs()
    assert {check.core for check in costs.checks} == {"m4", "m55"}
    assert len(costs.checks) >= 8
    assert costs.worst_error_percent() <= 5


def test_a_damaged_record(tmp_path: Path) -> None:
    (tmp_path / "costs.json").write_text('{"version": 1}')
    with pytest.raises(AnalyzeError, match=r"costs\.json"):
        load_kernel_costs(tmp_path / "costs.json")
