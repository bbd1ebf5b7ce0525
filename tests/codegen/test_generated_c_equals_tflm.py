"""Generated C = stock TFLM = NumPy integer model, byte for byte, over thousands of streamed steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from codegen_host_program import HostModel, build_host_model
from numpy.typing import NDArray
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint, random_features
from skipstone.quantize.evaluation.decode import best_token, decoder_of
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter

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


class Pair:
    """Drives the C program and TFLM with the same stream; TFLM's gate bias stands for the gate source."""

    def __init__(self, model: bytes, host: HostModel, seed: int) -> None:
        self.host, self.tflm, self.integer = host, TflmRunner(model), IntegerInterpreter(model)
        self.expected: list[list[NDArray[Any]]] = []
        self.random = np.random.default_rng(seed)
        self.decoder = decoder_of(self.tflm.model)
        self.tokens: list[int | None] = []
        self._features = random_features(4000, host.feature_count, seed)
        self._next = 0

    def steps(self, count: int, bias: NDArray[np.int8], trace: bool = False, states: bool = False) -> None:
        """Queue ``count`` steps; ``bias`` is int8[blocks], or int8[count, blocks] for a trace."""
        for index in range(count):
            features = self._features[self._next % len(self._features)]
            if self._next % 50 == 49:
                features = self.random.integers(-128, 128, features.shape).astype(np.int8)
            self._next += 1
            row = (bias[index] if trace else bias).reshape(1, -1)
            inputs = features.reshape(1, -1), row, *self.decoder.inputs()
            self.expected.append(self.tflm.step(*inputs))
            if states:
                self.integer.step(*inputs)
            self.tokens.append(self.decoder.push(best_token(self.expected[-1][0])))
            self.host.step(features, row.ravel() > 0 if trace else None)

    def reset(self) -> None:
        """Reset all of them."""
        for model in (self.host, self.tflm, self.integer, self.decoder):
            model.reset()

    def mask(self) -> NDArray[np.bool_]:
        """Random gate bits."""
        return self.random.random(self.host.block_count) < 0.5

    def compare(self) -> None:
        """Run the program; every output byte must be TFLM's."""
        self.host.run()
        assert len(self.host.steps) == len(self.expected)
        for number, (got, (logits, gates)) in enumerate(zip(self.host.steps, self.expected, strict=True)):
            assert np.array_equal(got.gates, gates.ravel()), f"gates of step {number}"
            assert np.array_equal(got.logits, logits.ravel()), f"logits of step {number}"


@pytest.fixture(scope="module", params=list(SIZES))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    model = convert(random_checkpoint(7, **SIZES[request.param]))
    yield Pair(model, build_host_model(model, folder), seed=11)


def bias_of(mask: NDArray[np.bool_]) -> NDArray[np.int8]:
    return np.where(mask, 127, -128).astype(np.int8)


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
