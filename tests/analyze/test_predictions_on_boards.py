"""Predicted instructions of a step against the exact count on the virtual Cortex-M4 and M55."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from case_program import M4, M55, Target, run
from model_program import build
from skipstone.firmware.codegen.boards import load_board
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.tools.analyze.analysis import analyze
from skipstone.tools.analyze.kernel_costs import load_kernel_costs
from streaming_networks import NETWORKS, random_steps

STEPS = 30
LARGEST_ERROR = 0.05


@pytest.mark.parametrize("target", [M4, M55], ids=lambda target: target.name)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_step_costs_what_was_predicted(name: str, target: Target, tmp_path: Path) -> None:
    if not target.is_available:
        pytest.fail(f"{target.name}: compiler or emulator is not installed; run make setup")
    model = NETWORKS[name]()
    (tmp_path / "model.tflite").write_bytes(model)
    analysis = analyze(model, name, load_board(target.name))
    assert analysis.unknown_kernels == ()
    tflm = TflmRunner(model)
    row = tflm.model.main.tensors[tflm.model.main.inputs[0]]
    features = random_steps(row, STEPS)
    program = build(tmp_path / "model.tflite", target, features, np.zeros(STEPS, np.int8))
    ticks = []
    for step, line in enumerate(run(program, target, icount=True)):
        output, _, elapsed = line.split(" ")
        assert tflm.step(features[step].reshape(row.shape))[0].tobytes() == bytes.fromhex(output), step
        ticks.append(int(elapsed))
    assert len(ticks) == STEPS
    counted = float(np.mean(ticks)) / target.ticks_per_instruction
    assert analysis.open_instructions == pytest.approx(counted, rel=LARGEST_ERROR)


def test_the_record_names_these_networks() -> None:
    """The errors that `skipstone analyze` prints include a 16x8 model, SVDF and LSTM, on both cores."""
    recorded = {(check.core, check.model) for check in load_kernel_costs().checks}
    assert {(core, name) for core in ("m4", "m55") for name in NETWORKS} <= recorded
