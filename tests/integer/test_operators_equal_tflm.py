"""Every operator of the integer model gives the same bytes as TFLM, on random models and inputs."""

from __future__ import annotations

import numpy as np
import pytest
from model_parts import random_values
from operator_models import INT8_MODELS, MODELS
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.integer.operators import OPERATORS
from skipstone.quantize.tflite.reader import read_model

MODELS_PER_OPERATOR = 40
STEPS_PER_MODEL = 12


@pytest.mark.parametrize("name", MODELS)
def test_operator_equals_tflm_byte_for_byte(name: str) -> None:
    for seed in range(MODELS_PER_OPERATOR):
        rng = np.random.default_rng([seed, len(name)])
        data = MODELS[name](rng)
        tflm, integer = TflmRunner(data), IntegerInterpreter(data)
        main = integer.model.main
        for step in range(STEPS_PER_MODEL):
            if step == STEPS_PER_MODEL // 2:
                tflm.reset()
                integer.reset()
            inputs = [random_values(rng, main.tensors[i]) for i in main.inputs]
            for ours, theirs in zip(integer.step(*inputs), tflm.step(*inputs), strict=True):
                assert ours.dtype == theirs.dtype
                np.testing.assert_array_equal(ours, theirs, f"{name} seed {seed} step {step}")


def test_random_models_cover_the_whole_registry() -> None:
    rng = np.random.default_rng(0)
    models = [read_model(make(rng)) for make in MODELS.values() for _ in range(4)]
    used = {op.name for model in models for graph in model.subgraphs for op in graph.operators}
    assert used == set(OPERATORS)


OTHERWISE_IN_LITERT = {
    "gated_sum": "after a reset CALL_ONCE runs again",
    "svdf": "it takes int16 states with RELU only",
    "loop_with_a_state": "the same",
    "unidirectional_sequence_lstm": "it wants five intermediate tensors, which TFLM ignores",
}


@pytest.mark.parametrize("name", sorted(set(INT8_MODELS) - set(OTHERWISE_IN_LITERT)))
def test_litert_differs_in_fully_connected_only(name: str) -> None:
    """LiteRT rounds once there: at most one unit, rarely. Every other operator is equal byte for byte."""
    pytest.importorskip("ai_edge_litert", reason="LiteRT is an optional extra")
    from skipstone.quantize.evaluation.litert import LiteRtRunner

    differences = []
    for seed in range(10):
        rng = np.random.default_rng([seed, len(name)])
        data = MODELS[name](rng)
        litert, integer = LiteRtRunner(data), IntegerInterpreter(data)
        main = integer.model.main
        for _ in range(STEPS_PER_MODEL):
            inputs = [random_values(rng, main.tensors[i]) for i in main.inputs]
            ours, theirs = integer.step(*inputs)[0], litert.step(*inputs)[0]
            differences.append(np.abs(ours.astype(int) - theirs.astype(int)).ravel())
    difference = np.concatenate(differences)
    if name.startswith("fully_connected"):
        assert difference.max() <= 1
        assert difference.mean() < 0.005
    else:
        assert not difference.any()
