"""Training may round real values instead of computing the device's integers; evaluation never does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from skipstone.quantize.convert.random_checkpoint import random_features, write_random_checkpoint
from skipstone.quantize.qat.export import load_quantized
from skipstone.quantize.qat.network import QuantizedTransformer
from skipstone.quantize.training.checkpoint import read_checkpoint

SIZES = {"d_model": 32, "layers": 2, "heads": 2, "head_dim": 16, "positions": 12, "ffn": 64, "vocabulary": 19}


@pytest.fixture
def network(tmp_path: Path) -> QuantizedTransformer:
    write_random_checkpoint(tmp_path / "checkpoint", 7, **SIZES)
    checkpoint = read_checkpoint(tmp_path / "checkpoint")
    return load_quantized(checkpoint.config, checkpoint.features, checkpoint.weights)


def logit_codes(network: QuantizedTransformer) -> torch.Tensor:
    features = torch.from_numpy(random_features(60, 160, 3)).float()[None] * 0.125
    forced = torch.ones(2 * SIZES["layers"])
    output = network(features, torch.ones(1, 60, dtype=torch.bool), forced_gates=forced)
    return output.logits / network.head.activation.scale


def test_evaluation_is_exact_whatever_training_does(network: QuantizedTransformer) -> None:
    exact = logit_codes(network.eval())
    network.set_exact_training(False)
    assert torch.equal(logit_codes(network), exact)


def test_rounded_codes_are_integers_near_the_exact_ones(network: QuantizedTransformer) -> None:
    exact = logit_codes(network.train()).detach()
    network.set_exact_training(False)
    rounded = logit_codes(network).detach()
    assert torch.allclose(rounded, rounded.round(), atol=1e-3)
    assert not torch.equal(rounded, exact), "nothing was rounded differently: the switch has no effect"
    assert (rounded - exact).abs().mean() < 1.5
    assert torch.corrcoef(torch.stack([rounded.ravel(), exact.ravel()]))[0, 1] > 0.99


def test_rounded_training_reaches_every_parameter_with_a_gradient(network: QuantizedTransformer) -> None:
    network.train().set_exact_training(False)
    logit_codes(network).square().mean().backward()
    silent = [
        name
        for name, parameter in network.named_parameters()
        if not name.startswith("arbitrator") and (parameter.grad is None or not parameter.grad.any())
    ]
    assert silent == []
