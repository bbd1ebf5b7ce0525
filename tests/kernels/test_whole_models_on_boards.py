"""A generated model on virtual Cortex-M4 and M55 yields the bytes of stock TFLM; shut gates save work."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from case_program import M4, M55, Target, run
from model_program import build
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint, random_features
from skipstone.quantize.evaluation.decode import best_token, decoder_of
from skipstone.quantize.evaluation.tflm import TflmRunner

ODD = {"d_model": 35, "layers": 2, "heads": 5, "head_dim": 7, "positions": 5, "ffn": 51, "conv_taps": 3}
ALWAYS_KV = {"d_model": 48, "layers": 2, "heads": 2, "head_dim": 24, "kv_policy": "always_kv"}
TRANSDUCER = {
    "d_model": 35, "layers": 2, "heads": 1, "head_dim": 24, "ffn": 40, "vocabulary": 70,
    "head": "transducer", "predictor_width": 18, "joint_width": 44,
}  # fmt: skip
ARBITRATOR, ALL, NONE = 0, 1, 2
FORCED = {ARBITRATOR: 0, ALL: 127, NONE: -128}
LARGEST_SHUT_SHARE = 0.08
MOST_INSTRUCTIONS_OF_A_SKIPPED_BLOCK = 20


@pytest.mark.parametrize("target", [M4, M55], ids=lambda target: target.name)
@pytest.mark.parametrize(
    "sizes", [{}, ODD, ALWAYS_KV, TRANSDUCER], ids=["default", "odd", "always_kv", "transducer"]
)
def test_board_equals_tflm(target: Target, sizes: dict[str, Any], tmp_path: Path) -> None:
    if not target.is_available:
        pytest.fail(f"{target.name}: compiler or emulator is not installed; run make setup")
    content = convert(random_checkpoint(7, **sizes))
    model = tmp_path / "model.tflite"
    model.write_bytes(content)
    features = random_features(150, 160, seed=3)
    features[100:110] = np.random.default_rng(5).integers(-128, 128, (10, 160))
    sources = np.repeat(np.array([ARBITRATOR, ALL, NONE, ARBITRATOR, ALL], np.int8), [60, 40, 10, 30, 10])

    lines = run(build(model, target, features, sources), target, icount=True)
    assert len(lines) == len(sources), lines[-2:]
    tflm = TflmRunner(content)
    decoder = decoder_of(tflm.model)
    ticks: dict[int, list[int]] = {ARBITRATOR: [], ALL: [], NONE: []}
    for step, line in enumerate(lines):
        logits, gates, elapsed, *token = line.split(" ")
        source = int(sources[step])
        bias = np.full((1, len(gates) // 2), FORCED[source], np.int8)
        expected = tflm.step(features[step].reshape(1, -1), bias, *decoder.inputs())
        emitted = decoder.push(best_token(expected[0]))
        assert np.array_equal(np.frombuffer(bytes.fromhex(logits), np.int8), expected[0].ravel()), step
        assert np.array_equal(np.frombuffer(bytes.fromhex(gates), np.bool_), expected[1].ravel()), step
        ticks[source].append(int(elapsed))
        if token:
            assert int(token[0]) - 1 == (-1 if emitted is None else emitted), step
    if "head" in sizes:
        assert 0 < len(decoder.ids) < len(sources)
    if not sizes:
        assert max(ticks[NONE]) < LARGEST_SHUT_SHARE * min(ticks[ALL])


def without_blocks(code: str) -> str:
    """``model.c`` whose step tests no gate and runs no block."""
    stripped, count = re.subn(r"    if \(gates\[\d+\] != 0\) \{\n.*?\n    \}\n", "", code, flags=re.DOTALL)
    assert count == 12
    return '#pragma GCC diagnostic ignored "-Wunused-function"\n' + stripped


@pytest.mark.parametrize("target", [M4, M55], ids=lambda target: target.name)
def test_a_skipped_block_costs_its_dispatch_only(target: Target, tmp_path: Path) -> None:
    if not target.is_available:
        pytest.fail(f"{target.name}: compiler or emulator is not installed; run make setup")
    model = tmp_path / "model.tflite"
    model.write_bytes(convert(random_checkpoint(7)))
    features = random_features(4, 160, seed=3)
    sources = np.full(4, NONE, np.int8)

    def ticks(edit: Callable[[str], str]) -> int:
        lines = run(build(model, target, features, sources, edit), target, icount=True)
        return int(lines[-1].split(" ")[2])

    saved = (ticks(str) - ticks(without_blocks)) / target.ticks_per_instruction
    print(f"{target.name}: {saved / 12:.1f} instructions a skipped block")
    assert saved / 12 < MOST_INSTRUCTIONS_OF_A_SKIPPED_BLOCK
