"""The shipped checkpoint recognizes the shipped clips; simulation and TFLM agree on every integer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jiwer
import numpy as np
import pytest
import torch
from skipstone.quantize.convert.checkpoint import read_checkpoint as read_for_conversion
from skipstone.quantize.convert.network import convert
from skipstone.quantize.corpora.manifest import Utterance, read_manifest
from skipstone.quantize.evaluation.decode import greedy_ctc
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.features.audio import read_audio
from skipstone.quantize.features.log_mel import TAIL_STEPS, log_mel, pad_pcm, stack_steps
from skipstone.quantize.models.amortized_transformer import NetworkOutput
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.qat.export import load_quantized
from skipstone.quantize.qat.network import QuantizedTransformer
from skipstone.quantize.training.checkpoint import Checkpoint, read_checkpoint

SHIPPED = Path(__file__).parents[2] / "models" / "commands"
CLIPS = read_manifest(SHIPPED / "clips" / "manifest.jsonl")


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return read_checkpoint(SHIPPED / "checkpoint")


@pytest.fixture(scope="module")
def network(checkpoint: Checkpoint) -> QuantizedTransformer:
    """The graph alone: the idle reset is done around it."""
    config = replace(checkpoint.config, idle_reset=0)
    return load_quantized(config, checkpoint.features, checkpoint.weights).eval()


def steps_of(clip: Utterance) -> np.ndarray:
    """int8 [steps, 160] with eight steps of silence after the clip."""
    return stack_steps(log_mel(pad_pcm(read_audio(clip.audio), TAIL_STEPS)))


@torch.no_grad()
def run(network: QuantizedTransformer, steps: np.ndarray) -> NetworkOutput:
    features = torch.from_numpy(steps).float()[None] * network.feature_scale
    return network(features, torch.ones(1, len(steps), dtype=torch.bool))


def test_clips_are_recognized_with_less_than_60_percent_of_the_compute(
    network: QuantizedTransformer, checkpoint: Checkpoint
) -> None:
    outputs = [run(network, steps_of(clip)) for clip in CLIPS]
    texts = [checkpoint.tokens.decode(greedy_ctc(o.logits[0].argmax(1).tolist())) for o in outputs]
    assert jiwer.wer([clip.text for clip in CLIPS], texts) < 0.3, texts
    gates = torch.cat([o.gates for o in outputs], dim=1)
    assert float(NetworkCosts.of(checkpoint.config).compute_fraction(gates)) < 0.6


def test_simulation_equals_tflm_on_speech(network: QuantizedTransformer) -> None:
    runner = TflmRunner(convert(read_for_conversion(SHIPPED / "checkpoint")))
    scale = network.head.activation.exact_scale
    no_bias = np.zeros((1, network.config.blocks), np.int8)
    for clip in CLIPS[:2]:
        steps = steps_of(clip)
        output = run(network, steps)
        runner.reset()
        for step, features in enumerate(steps):
            logits, gates = runner.step(features[None], no_bias)
            assert np.array_equal(gates.reshape(-1), output.gates[0, step].numpy() > 0.5)
            assert np.array_equal(logits.reshape(-1), np.rint(output.logits[0, step].numpy() / scale))
