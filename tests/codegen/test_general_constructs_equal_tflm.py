"""Constructs that no network of `skipstone convert` has: the generated C gives the bytes of TFLM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from codegen_constructs import MODELS
from codegen_host_program import build_host_model
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter

STEPS = 60


def compare(model: bytes, folder: Path) -> None:
    """Stream random features through C, TFLM and the integer model; compare outputs and states."""
    host, tflm, integer = build_host_model(model, folder), TflmRunner(model), IntegerInterpreter(model)
    main = integer.model.main
    rng = np.random.default_rng(3)
    expected, states = [], []
    for step in range(STEPS):
        if step == STEPS // 2:
            host.reset(), tflm.reset(), integer.reset()
        features = rng.integers(-128, 128, main.tensors[main.inputs[0]].shape).astype(np.int8)
        rest = [np.zeros(main.tensors[i].shape, np.int8) for i in main.inputs[1:]]
        host.step(features.ravel())
        expected.append(tflm.step(features, *rest)[0])
        np.testing.assert_array_equal(integer.step(features, *rest)[0], expected[-1])
        host.read_states()
        states.append(integer.states())
    host.run()
    for got, logits, theirs, ours in zip(host.steps, expected, host.states, states, strict=True):
        np.testing.assert_array_equal(got.logits, logits.ravel().view(np.int8))
        assert theirs.keys() == ours.keys()
        for name, values in ours.items():
            np.testing.assert_array_equal(theirs[name], values.ravel(), name)


@pytest.mark.parametrize("name", list(MODELS))
def test_models_of_one_construct(name: str, tmp_path: Path) -> None:
    compare(MODELS[name](), tmp_path)
