"""The QAT simulation of whole utterances and the converted .tflite run step by step give the same
integers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from skipstone.quantize.convert.checkpoint import read_checkpoint as read_for_conversion
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_features, write_random_checkpoint
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.qat.export import load_quantized
from skipstone.quantize.qat.network import QuantizedTransformer
from skipstone.quantize.training.checkpoint import read_checkpoint

STEPS = 90
SIZES = {"d_model": 32, "layers": 2, "heads": 2, "head_dim": 16, "positions": 12, "ffn": 64, "vocabulary": 19}


def simulate(
    folder: Path, features: np.ndarray, forced: torch.Tensor | None
) -> tuple[np.ndarray, np.ndarray, QuantizedTransformer]:
    """int8 logits [steps, vocabulary] and gate bits [steps, blocks] of the simulation."""
    checkpoint = read_checkpoint(folder)
    network = load_quantized(checkpoint.config, checkpoint.features, checkpoint.weights).eval()
    settings = checkpoint.features
    real = (torch.from_numpy(features).float() - settings.zero_point) * settings.scale
    with torch.no_grad():
        output = network(real[None], torch.ones(1, len(features), dtype=torch.bool), forced_gates=forced)
        codes = output.logits[0] / network.head.activation.scale
    return codes.round().numpy().astype(np.int8), output.gates[0].numpy() > 0.5, network


@pytest.mark.parametrize("runner", [IntegerInterpreter, TflmRunner])
@pytest.mark.parametrize("source", ["arbitrator", "all", "trace"])
@pytest.mark.parametrize(
    "options",
    [{}, {"arbitrator_input": "block"}, {"kv_policy": "always_kv"}],
    ids=["default", "block", "always_kv"],
)
def test_logits_and_gates_are_identical(
    tmp_path: Path,
    options: dict[str, str],
    source: str,
    runner: type[IntegerInterpreter] | type[TflmRunner],
) -> None:
    folder = tmp_path / "checkpoint"
    write_random_checkpoint(folder, 7, **options, **SIZES)
    features = random_features(STEPS, 160, 3)
    generator = np.random.default_rng(5)
    trace = generator.random((STEPS, 2 * SIZES["layers"])) < 0.5
    bits = {"arbitrator": None, "all": np.ones_like(trace), "trace": trace}[source]
    forced = None if bits is None else torch.from_numpy(bits)[None]
    logits, gates, _ = simulate(folder, features, forced)
    model = runner(convert(read_for_conversion(folder)))
    model.reset()
    for step in range(STEPS):
        bias = np.zeros((1, trace.shape[1]), np.int8)
        if bits is not None:
            bias = np.where(bits[step : step + 1], 127, -128).astype(np.int8)
        device_logits, device_gates = model.step(features[step : step + 1], bias)
        assert np.array_equal(device_gates.reshape(-1), gates[step]), f"gates differ at step {step}"
        assert np.array_equal(device_logits.reshape(-1), logits[step]), f"logits differ at step {step}"
    assert gates.any()
