"""Generated C with jobs of the NPU = stock TFLM, byte for byte; the functional model executes the jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from codegen_streams import Pair, bias_of
from npu_host_program import build_npu_host_model
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint

pytest.importorskip("ethosu.vela", reason="the extra npu is not installed")

SMALL: dict[str, Any] = {
    "d_model": 32,
    "layers": 2,
    "heads": 2,
    "head_dim": 16,
    "positions": 6,
    "ffn": 48,
    "conv_taps": 3,
    "vocabulary": 9,
}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "gated": ("ethos-u55-128", SMALL),
    "always_kv": ("ethos-u55-32", {**SMALL, "kv_policy": "always_kv"}),
    "block_arbitrators": ("ethos-u55-256", {**SMALL, "arbitrator_input": "block"}),
    "transducer": ("ethos-u55-64", {**SMALL, "head": "transducer", "predictor_width": 8, "joint_width": 24}),
    "unaligned_rows": ("ethos-u55-128", {**SMALL, "d_model": 36, "heads": 3, "head_dim": 12}),
}


@pytest.fixture(scope="module", params=list(MODELS))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    accelerator, sizes = MODELS[request.param]
    model = convert(random_checkpoint(7, **sizes))
    host, generated = build_npu_host_model(model, tmp_path_factory.mktemp(request.param), accelerator)
    assert generated.model.npu is not None and generated.model.npu.jobs
    yield Pair(model, host, seed=11)


def test_every_gate_source_streams_as_in_tflm(pair: Pair) -> None:
    blocks = pair.host.block_count
    pair.host.gate_source("arbitrator")
    pair.steps(80, np.zeros(blocks, np.int8))
    for source, bias in (("all", 127), ("none", -128), ("all", 127)):
        pair.host.gate_source(source)
        pair.steps(20, np.full(blocks, bias, np.int8))
    mask = pair.mask()
    pair.host.gate_source("mask", mask)
    pair.steps(20, bias_of(mask))
    pair.reset()
    traces = np.stack([pair.mask() for _ in range(40)])
    pair.host.gate_source("trace")
    pair.steps(40, bias_of(traces), trace=True)
    pair.host.self_test()
    pair.compare()


def test_states_equal_those_of_the_integer_model(pair: Pair) -> None:
    pair.reset()
    pair.host.gate_source("arbitrator")
    pair.steps(15, np.zeros(pair.host.block_count, np.int8), states=True)
    pair.host.read_states()
    pair.compare()
    expected = pair.integer.states()
    assert pair.host.states[-1].keys() == expected.keys()
    for name, values in expected.items():
        assert np.array_equal(pair.host.states[-1][name], values.ravel()), name
