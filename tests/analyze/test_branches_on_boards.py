"""The prediction for a model with an IF bounds every step on the virtual Cortex-M4 and M55."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from case_program import M4, M55, Target, run
from codegen_small_models import GraphBuilder
from model_program import build
from skipstone.firmware.codegen.boards import load_board
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.tflite.options import IfOptions
from skipstone.quantize.tflite.writer import ModelWriter
from skipstone.tools.analyze.analysis import analyze

STEPS, FEATURES = 30, 40
LARGEST_ERROR = 0.05


def two_ways() -> bytes:
    """A wide hidden layer where the first feature is positive, else a small one."""
    writer = ModelWriter("two ways")
    main, then, other = (GraphBuilder(writer.subgraph(name), 3) for name in ("main", "then", "else"))
    for branch, hidden in ((then, 160), (other, 16)):
        x = branch.input("x", FEATURES)
        branch.graph.set_outputs(branch.fc("out", branch.fc("hidden", x, hidden), FEATURES).index)
    x = main.input("features", FEATURES)
    limit = main.graph.tensor("limit", (1, 1), scale=0.05, data=[[0]])
    bit = main.graph.tensor("bit", (1, 1), "bool")
    main.graph.operator("GREATER", [main.slice("first", x, 0, 1).index, limit], [bit])
    y = main.computed("y", x.shape)
    options = IfOptions(then.graph.index, other.graph.index)
    main.graph.operator("IF", [bit, x.index], [y.index], options)
    main.graph.set_outputs(main.fc("head", y, 12).index)
    return writer.to_bytes()


@pytest.mark.parametrize("target", [M4, M55], ids=lambda target: target.name)
def test_the_dearer_branch_bounds_a_step(target: Target, tmp_path: Path) -> None:
    if not target.is_available:
        pytest.fail(f"{target.name}: compiler or emulator is not installed; run make setup")
    model = two_ways()
    (tmp_path / "model.tflite").write_bytes(model)
    predicted = analyze(model, "two ways", load_board(target.name)).open_instructions
    features = np.random.default_rng(5).integers(-128, 128, (STEPS, FEATURES)).astype(np.int8)
    program, tflm = (
        build(tmp_path / "model.tflite", target, features, np.zeros(STEPS, np.int8)),
        TflmRunner(model),
    )
    counted: dict[bool, list[float]] = {True: [], False: []}
    for row, line in zip(features, run(program, target, icount=True), strict=True):
        output, _, elapsed = line.split(" ")
        assert tflm.step(row.reshape(1, -1))[0].tobytes() == bytes.fromhex(output)
        counted[bool(row[0] > 0)].append(int(elapsed) / target.ticks_per_instruction)
    assert np.mean(counted[True]) == pytest.approx(predicted, rel=LARGEST_ERROR)
    assert max(counted[False]) < predicted / 2
