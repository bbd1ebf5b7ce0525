"""Single-operator models: stock TFLM = integer model = C on the host, on Cortex-M4 and on Cortex-M55.

A few models an operator here; all of them with ``SKIPSTONE_CONFORMANCE=all`` (``make conformance``).
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import loop_models
import numpy as np
import pytest
from case_program import HOST, M4, M55, Target
from model_parts import random_values
from operator_models import MODELS
from operator_program import ModelCase, problems
from single_input import with_one_input
from skipstone.firmware.codegen.boards import load_board
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.edges import without_float_edges
from skipstone.quantize.tflite.reader import read_model

IS_WHOLE = os.environ.get("SKIPSTONE_CONFORMANCE") == "all"
SEEDS = range(12 if IS_WHOLE else 1)
STEPS = 4
WITHOUT_C = {"gated_sum", "greater"} | loop_models.WITHOUT_C
"""Models whose outputs are bools; ``branch_models`` compares what such bools switch."""


def _case(name: str, seed: int) -> ModelCase:
    """A random model; expected is what TFLM and the integer model both give."""
    rng = np.random.default_rng([seed, len(name), 7])
    model = with_one_input(MODELS[name](rng))
    tflm, integer = TflmRunner(model), IntegerInterpreter(model)
    inside = IntegerInterpreter(without_float_edges(read_model(model)))
    features, expected = [], []
    for _ in range(STEPS):
        graph = inside.model.main
        values = random_values(rng, graph.tensors[graph.inputs[0]])
        outer = _dequantized(values, integer, inside)
        (theirs, *_), (ours, *_) = tflm.step(outer), integer.step(outer)
        np.testing.assert_array_equal(ours, theirs, f"{name} seed {seed}")
        features.append(values.ravel().view(np.int8))
        expected.append(inside.step(values)[0].tobytes())
    return ModelCase(f"{name} seed {seed}", model, np.array(features), expected)


def _dequantized(values: np.ndarray, whole: IntegerInterpreter, inside: IntegerInterpreter) -> np.ndarray:
    """Floats that an input QUANTIZE turns into ``values``; the same values where there is none."""
    graph = whole.model.main
    if graph.tensors[graph.inputs[0]].dtype != "float32":
        return values
    tensor = inside.model.main.tensors[inside.model.main.inputs[0]]
    return (values.astype(np.float32) - tensor.zero_point) * np.float32(tensor.scale)


@cache
def _cases() -> list[ModelCase]:
    names = sorted(set(MODELS) - WITHOUT_C)
    return [_case(name, seed) for name in names for seed in SEEDS]


@pytest.mark.parametrize(
    ("target", "board"),
    [(HOST, "mps2-an386"), (M4, "mps2-an386"), (M55, "mps3-an547")],
    ids=["host", "cortex-m4", "cortex-m55"],
)
def test_every_operator_gives_the_bytes_of_tflm(target: Target, board: str, tmp_path: Path) -> None:
    if not target.is_available:
        pytest.fail(f"{target.name}: compiler or emulator is not installed; run make setup")
    settings = load_board(board)
    if target is HOST:
        settings = settings.model_copy(update={"kernel_variant": "ref"})
    assert problems(_cases(), settings, target, tmp_path) == []
