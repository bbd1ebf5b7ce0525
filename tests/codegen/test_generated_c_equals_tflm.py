"""Generated C = stock TFLM = NumPy integer model, byte for byte, over thousands of streamed steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from codegen_host_program import build_host_model
from codegen_streams import Pair, bias_of
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint

SIZES: dict[str, dict[str, Any]] = {
    "default": {},
    "default_block_arbitrators": {"arbitrator_input": "block"},
    "odd": {"d_model": 35, "layers": 2, "heads": 5, "head_dim": 7, "positions": 5, "ffn": 51, "conv_taps": 3},
    "one_head": {
        "d_model": 13,
        "layers": 1,
        "heads": 1,
        "head_dim": 13,
        "positions": 2,
        "ffn": 9,
        "vocabulary": 3,
    },
    "odd_block_arbitrators": {
        "d_model": 27,
        "layers": 2,
        "heads": 3,
        "head_dim": 9,
        "positions": 7,
        "ffn": 33,
        "conv_taps": 2,
        "arbitrator_hidden": 5,
        "arbitrator_input": "block",
    },
    "transducer": {"head": "transducer"},
    "odd_transducer": {
        "d_model": 21,
        "layers": 2,
        "heads": 3,
        "head_dim": 7,
        "positions": 5,
        "ffn": 33,
        "vocabulary": 11,
        "arbitrator_input": "block",
        "head": "transducer",
        "predictor_width": 9,
        "joint_width": 17,
    },
    "always_kv": {"kv_policy": "always_kv"},
    "odd_always_kv_block_arbitrators": {
        "d_model": 19,
        "layers": 3,
        "heads": 2,
        "head_dim": 11,
        "positions": 6,
        "ffn": 21,
        "arbitrator_input": "block",
        "kv_policy": "always_kv",
    },
}


@pytest.fixture(scope="module", params=list(SIZES))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    model = convert(random_checkpoint(7, **SIZES[request.param]))
    yield Pair(model, build_host_model(model, folder), seed=11)


def test_every_gate_source_streams_as_in_tflm(pair: Pair) -> None:
    blocks = pair.host.block_count
    for _ in range(2):
        pair.host.gate_source("arbitrator")
        pair.steps(600, np.zeros(blocks, np.int8))
        for offset in (-128, -9, 5, 127, 0):
            pair.host.offset(offset)
            pair.steps(20, np.full(blocks, offset, np.int8))
        pair.host.gate_source("all")
        pair.steps(60, np.full(blocks, 127, np.int8))
        pair.host.gate_source("none")
        pair.steps(60, np.full(blocks, -128, np.int8))
        for _ in range(10):
            mask = pair.mask()
            pair.host.gate_source("mask", mask)
            pair.steps(9, bias_of(mask))
        pair.reset()
        traces = np.stack([pair.mask() for _ in range(100)])
        pair.host.gate_source("trace")
        pair.steps(100, bias_of(traces), trace=True)
        pair.host.self_test()
        pair.tflm.reset()
        pair.decoder.reset()
    assert len(pair.expected) >= 2000
    pair.compare()
    opened = np.array([gates.ravel() for _, gates in pair.expected[:600]])
    assert 0.05 < opened.mean() < 0.95, "the arbitrators of a random model open some gates and shut others"


def test_states_equal_those_of_the_integer_model(pair: Pair) -> None:
    pair.reset()
    pair.host.gate_source("arbitrator")
    bias = np.zeros(pair.host.block_count, np.int8)
    snapshots = []
    for count in (0, 3, 40):
        pair.steps(count, bias, states=True)
        pair.host.read_states()
        snapshots.append(pair.integer.states())
    pair.compare()
    for got, expected in zip(pair.host.states, snapshots, strict=True):
        assert got.keys() == expected.keys()
        for name, values in expected.items():
            assert np.array_equal(got[name], values.ravel()), name


def test_greedy_tokens_are_those_of_the_logits(pair: Pair) -> None:
    pair.reset()
    first = len(pair.host.steps)
    pair.host.gate_source("all")
    pair.steps(200, np.full(pair.host.block_count, 127, np.int8))
    pair.compare()
    expected = [-1 if token is None else token for token in pair.tokens[first:]]
    assert [result.token for result in pair.host.steps[first:]] == expected
    assert any(token >= 0 for token in expected)
