"""The whole gated network: integer model = stock TFLM in logits, gate bits and every state, byte for byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint, random_features
from skipstone.quantize.evaluation.decode import GreedyTransducer, best_token
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from state_probe import with_state_outputs

SMALL = {"d_model": 32, "layers": 2, "heads": 2, "head_dim": 16, "positions": 8, "ffn": 64}
GATE_SOURCES = ("arbitrator", "all", "none", "mask", "dial")


def gate_bias(source: str, blocks: int, rng: np.random.Generator) -> NDArray[np.int8]:
    """int8[1, blocks] bias of one step."""
    match source:
        case "all":
            return np.full((1, blocks), 127, np.int8)
        case "none":
            return np.full((1, blocks), -128, np.int8)
        case "mask":
            return np.where(rng.random((1, blocks)) < 0.5, -128, 127).astype(np.int8)
        case "dial":
            return rng.integers(-20, 21, (1, blocks)).astype(np.int8)
    return np.zeros((1, blocks), np.int8)


def compare(data: bytes, steps: int, blocks: int, seed: int) -> NDArray[np.bool_]:
    """Run both over ``steps`` steps of changing gate sources with resets; return the gate trace."""
    probed, names = with_state_outputs(data)
    tflm, integer = TflmRunner(probed), IntegerInterpreter(data)
    rng = np.random.default_rng(seed)
    features = random_features(steps, integer.model.main.tensors[integer.model.main.inputs[0]].elements, seed)
    trace = []
    for step in range(steps):
        if step % 331 == 330:
            tflm.reset()
            integer.reset()
        source = GATE_SOURCES[step // 100 % len(GATE_SOURCES)]
        inputs = features[step][None], gate_bias(source, blocks, rng)
        logits, gates, *states = tflm.step(*inputs)
        our_logits, our_gates = integer.step(*inputs)
        np.testing.assert_array_equal(our_logits, logits, f"logits at step {step}, gates: {source}")
        np.testing.assert_array_equal(our_gates, gates, f"gates at step {step}, gates: {source}")
        trace.append(gates)
        if step % 10 == 0 or step == steps - 1:
            ours = integer.states()
            for name, theirs in zip(names, states, strict=True):
                np.testing.assert_array_equal(ours[name], theirs, f"state {name} at step {step}")
    return np.concatenate(trace)


@pytest.mark.parametrize(
    ("arbitrator_input", "kv_policy"), [("front", "mask"), ("block", "mask"), ("front", "always_kv")]
)
def test_default_network_equals_tflm_over_two_thousand_steps(arbitrator_input: str, kv_policy: str) -> None:
    checkpoint = random_checkpoint(11, arbitrator_input=arbitrator_input, kv_policy=kv_policy)
    trace = compare(convert(checkpoint), 2000, checkpoint.config.blocks, seed=3)
    arbitrated = trace[:100].mean()
    assert 0.2 < arbitrated < 0.8, "the arbitrators of the random checkpoint should disagree"
    assert trace[100:200].all(), "a bias of +127 opens every gate"
    assert not trace[200:300].any(), "a bias of −128 shuts every gate"


@pytest.mark.parametrize("seed", range(6))
def test_small_networks_of_odd_sizes_equal_tflm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = {
        "d_model": int(rng.integers(5, 40)),
        "layers": int(rng.integers(1, 4)),
        "heads": int(rng.integers(1, 4)),
        "head_dim": int(rng.integers(3, 20)),
        "positions": int(rng.choice([1, 2, 9])),
        "ffn": int(rng.integers(7, 90)),
        "conv_taps": int(rng.choice([1, 2, 5])),
        "arbitrator_hidden": int(rng.integers(1, 12)),
        "frames_per_step": int(rng.integers(1, 5)),
        "arbitrator_input": str(rng.choice(["front", "block"])),
        "gate_threshold": float(rng.choice([-0.3, 0.0, 0.2])),
    }
    sizes["vocabulary"] = int(rng.integers(2, 12))
    sizes["kv_policy"] = str(rng.choice(["mask", "always_kv"]))
    checkpoint = random_checkpoint(seed, **sizes)
    compare(convert(checkpoint), 600, checkpoint.config.blocks, seed)


def test_always_kv_writes_keys_and_values_of_skipped_steps() -> None:
    checkpoint = random_checkpoint(5, kv_policy="always_kv", **SMALL)
    forced, shut = (IntegerInterpreter(convert(checkpoint)) for _ in range(2))
    features = random_features(20, checkpoint.config.feature_count, 5)
    first_open = np.array([[127, -128, -128, -128]], np.int8)
    for row in features:
        forced.step(row[None], first_open)
        shut.step(row[None], np.full_like(first_open, -128))
    states, others = forced.states(), shut.states()
    for name in ("layer0/mha/key/state", "layer0/mha/value/state"):
        assert shut.states()[name].any(), "a shut gate does not keep the row out"
        np.testing.assert_array_equal(states[name], others[name], "the block's own gate does not matter")
    assert not np.array_equal(states["layer1/mha/key/state"], others["layer1/mha/key/state"])


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"arbitrator_input": "block", "predictor_width": 7, "joint_width": 13, "vocabulary": 9, **SMALL},
        {"kv_policy": "always_kv", "vocabulary": 2, "predictor_width": 1, "joint_width": 1, **SMALL},
        {"vocabulary": 300, "predictor_width": 33, **SMALL},
    ],
    ids=["default", "block", "smallest", "large"],
)
def test_transducer_equals_tflm_with_its_tokens_fed_back(sizes: dict[str, Any]) -> None:
    """1,000 steps with random gates and resets; each decodes its own logits."""
    checkpoint = random_checkpoint(9, head="transducer", **sizes)
    data = convert(checkpoint)
    runners = TflmRunner(data), IntegerInterpreter(data)
    decoders = GreedyTransducer(), GreedyTransducer()
    rng = np.random.default_rng(4)
    features = random_features(1000, checkpoint.config.feature_count, 4)
    emitted, contexts = 0, set()
    for step, row in enumerate(features):
        if step == 0 or rng.random() < 0.01:
            for stream in (*runners, *decoders):
                stream.reset()
        bias = gate_bias(GATE_SOURCES[step // 50 % len(GATE_SOURCES)], checkpoint.config.blocks, rng)
        tokens, outputs = [], []
        for runner, decoder in zip(runners, decoders, strict=True):
            outputs.append(runner.step(row[None], bias, *decoder.inputs()))
            tokens.append(decoder.push(best_token(outputs[-1][0])))
        for theirs, ours in zip(*outputs, strict=True):
            np.testing.assert_array_equal(ours, theirs, f"step {step}")
        assert tokens[0] == tokens[1]
        emitted += tokens[0] is not None
        contexts.add(decoders[0].inputs()[0].tobytes())
    assert 0 < emitted < 1000, "the random checkpoint should write a token at some steps only"
    assert len(contexts) > 2


def test_skipped_blocks_leave_the_stream_and_their_states_alone() -> None:
    checkpoint = random_checkpoint(5, **SMALL)
    integer = IntegerInterpreter(convert(checkpoint))
    features = random_features(40, checkpoint.config.feature_count, 5)
    shut = np.full((1, checkpoint.config.blocks), -128, np.int8)
    for row in features[:20]:
        integer.step(row[None], np.full_like(shut, 127))
    before = integer.states()
    for row in features[20:]:
        integer.step(row[None], shut)
    after = integer.states()
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {"front/conv/state"}


def test_reset_gives_the_first_run_again() -> None:
    checkpoint = random_checkpoint(6, **SMALL)
    integer = IntegerInterpreter(convert(checkpoint))
    features = random_features(30, checkpoint.config.feature_count, 6)
    bias = np.full((1, checkpoint.config.blocks), 127, np.int8)

    def run() -> NDArray[np.int8]:
        return np.concatenate([integer.step(row[None], bias)[0] for row in features])

    first, unreset = run(), run()
    integer.reset()
    np.testing.assert_array_equal(run(), first)
    assert not np.array_equal(unreset, first)
