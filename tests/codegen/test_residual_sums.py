"""A layer and the residual sum behind it become one kernel where that is exact, and only there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from codegen_host_program import build_host_model
from codegen_small_models import GraphBuilder, Tensor, straight_model
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate_files
from skipstone.firmware.codegen.packing.fully_connected_add import pack_fully_connected_add
from skipstone.firmware.codegen.packing.operator import PackedOperator
from skipstone.quantize.evaluation.tflm import TflmRunner

STEPS = 60
SIZE = 9


def _branch(
    g: GraphBuilder, residual: Tensor, scale: float = 0.02, activation: str = "none", zero_point: int = -5
) -> Tensor:
    hidden = g.fc("up", residual, 13, activation="relu", zero_point=-128)
    return g.fc("down", hidden, SIZE, scale=scale, zero_point=zero_point, activation=activation)


def _usual(g: GraphBuilder, x: Tensor) -> Tensor:
    residual = g.fc("in", x, SIZE, zero_point=7)
    return g.fc("head", g.add("sum", residual, _branch(g, residual)), 4)


def _exchanged(g: GraphBuilder, x: Tensor) -> Tensor:
    residual = g.fc("in", x, SIZE, zero_point=7)
    return g.fc("head", g.add("sum", _branch(g, residual), residual), 4)


def _clamped_sum(g: GraphBuilder, x: Tensor) -> Tensor:
    residual = g.fc("in", x, SIZE)
    return g.fc("head", g.add("sum", residual, _branch(g, residual), activation="relu6"), 4)


def _residual_lives_on(g: GraphBuilder, x: Tensor) -> Tensor:
    residual = g.fc("in", x, SIZE)
    total = g.add("sum", residual, _branch(g, residual))
    return g.concat("both", [g.fc("head", total, 4), residual])


def _layer_with_activation(g: GraphBuilder, x: Tensor) -> Tensor:
    residual = g.fc("in", x, SIZE)
    return g.fc("head", g.add("sum", residual, _branch(g, residual, activation="relu")), 4)


def _equal_scales(g: GraphBuilder, x: Tensor) -> Tensor:
    residual = g.fc("in", x, SIZE)
    return g.fc("head", g.add("sum", residual, _branch(g, residual, scale=0.05)), 4)


def _larger_scale_of_the_layer(g: GraphBuilder, x: Tensor) -> Tensor:
    residual = g.fc("in", x, SIZE)
    return g.fc("head", g.add("sum", residual, _branch(g, residual, scale=0.07), scale=0.1), 4)


def _layer_read_twice(g: GraphBuilder, x: Tensor) -> Tensor:
    residual = g.fc("in", x, SIZE)
    down = _branch(g, residual)
    return g.concat(
        "both", [g.fc("head", g.add("sum", residual, down), 4), g.fc("other", down, 3, scale=0.05)]
    )


def _layer_reads_the_residual(g: GraphBuilder, x: Tensor) -> Tensor:
    residual = g.fc("in", x, SIZE)
    return g.fc("head", g.add("sum", residual, g.fc("down", residual, SIZE, scale=0.02)), 4)


FUSED: dict[str, Callable[[GraphBuilder, Tensor], Tensor]] = {
    "usual": _usual,
    "exchanged": _exchanged,
    "clamped_sum": _clamped_sum,
    "residual_lives_on": _residual_lives_on,
}
APART: dict[str, Callable[[GraphBuilder, Tensor], Tensor]] = {
    "layer_with_activation": _layer_with_activation,
    "equal_scales": _equal_scales,
    "larger_scale_of_the_layer": _larger_scale_of_the_layer,
    "layer_read_twice": _layer_read_twice,
    "layer_reads_the_residual": _layer_reads_the_residual,
}


@pytest.mark.parametrize("name", [*FUSED, *APART])
def test_the_bytes_are_those_of_tflm(name: str, tmp_path: Path) -> None:
    model = straight_model((FUSED | APART)[name])
    host, tflm = build_host_model(model, tmp_path), TflmRunner(model)
    random = np.random.default_rng(1)
    expected = []
    for _ in range(STEPS):
        features = random.integers(-128, 128, host.feature_count).astype(np.int8)
        host.step(features)
        expected.append(tflm.step(features.reshape(1, -1))[0].ravel())
    host.run()
    for number, (got, wanted) in enumerate(zip(host.steps, expected, strict=True)):
        assert np.array_equal(got.logits, wanted), f"step {number}"


@pytest.mark.parametrize("name", [*FUSED, *APART])
@pytest.mark.parametrize(("board", "variant"), [("mps2-an386", "dsp"), ("mps3-an547", "mve")])
def test_which_sums_are_fused(name: str, board: str, variant: str) -> None:
    model = straight_model((FUSED | APART)[name])
    kernels = generate_files(model, name, load_board(board)).files["kernels.txt"].split()
    fused, plain = f"kernels/ss_fully_connected_add_s8_{variant}.c", f"kernels/ss_add_s8_{variant}.c"
    assert (fused in kernels, plain in kernels) == ((True, False) if name in FUSED else (False, True))


def test_constants_of_an_inexact_pair_are_refused() -> None:
    layer = PackedOperator("ss_fully_connected_s8_ref", "x", {"activation_min": 0, "activation_max": 127})
    half = {"input1_multiplier": 1 << 30, "input1_shift": 0, "input2_shift": -1, "output_shift": -1}
    with pytest.raises(ValueError, match="clamp before the sum"):
        pack_fully_connected_add(layer, PackedOperator("ss_add_s8_ref", "y", half))
