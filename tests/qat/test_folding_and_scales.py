"""Folding keeps the function; calibration, export and reload keep the integers."""

from __future__ import annotations

import pytest
import torch
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.arbitrator import GateSampling
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.qat.activation import ActivationScale, Codes, ScaleObserver
from skipstone.quantize.qat.export import checkpoint_tensors, load_quantized, quantized_network
from skipstone.quantize.qat.network import observers

CONFIG = ModelConfig(vocabulary=13, d_model=32, layers=2, heads=2, head_dim=16, positions=8, ffn=64)
FEATURES = FeatureSettings()


def example(steps: int = 30) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    codes = (torch.randn(2, steps, CONFIG.feature_count) * 30).round().clamp(-128, 127)
    return codes * FEATURES.scale, torch.ones(2, steps, dtype=torch.bool)


def trained_like(config: ModelConfig = CONFIG) -> AmortizedTransformer:
    """A network whose normalization statistics are not trivial."""
    torch.manual_seed(2)
    model = AmortizedTransformer(config)
    for _ in range(60):
        model(*example(), sampling=GateSampling(1.0))
    return model.eval()


@pytest.mark.parametrize("arbitrator_input", ["front", "block"])
def test_folded_network_computes_the_same_function(arbitrator_input: str) -> None:
    model = trained_like(ModelConfig.from_dict({**CONFIG.as_dict(), "arbitrator_input": arbitrator_input}))
    network = quantized_network(model, FEATURES, [example()])
    gates = torch.rand(2, 30, CONFIG.blocks) < 0.7
    expected = model(*example(), forced_gates=gates)
    with observers(network):
        actual = network(*example(), forced_gates=gates)
    for name in ("logits", "gate_logits"):
        wanted, got = getattr(expected, name), getattr(actual, name)
        assert (got - wanted).norm() / wanted.norm() < 0.03, "only the rounding of the weights is left"


def test_quantized_network_follows_the_float_network() -> None:
    model = trained_like()
    network = quantized_network(model, FEATURES, [example()]).eval()
    gates = torch.ones(CONFIG.blocks)
    expected = model(*example(), forced_gates=gates).logits
    actual = network(*example(), forced_gates=gates).logits
    noise = (actual - expected).square().mean()
    assert 10 * torch.log10(expected.square().mean() / noise) > 20


def test_export_and_reload_keep_every_integer() -> None:
    network = quantized_network(trained_like(), FEATURES, [example()]).eval()
    for _, scale in network.activation_scales():
        scale.log_scale.data.add_(0.01234)
    again = load_quantized(CONFIG, FEATURES, checkpoint_tensors(network)).eval()
    first, second = network(*example()), again(*example())
    assert torch.equal(first.logits, second.logits)
    assert torch.equal(first.gates, second.gates)


def test_every_parameter_gets_a_gradient() -> None:
    network = quantized_network(trained_like(), FEATURES, [example()]).train()
    output = network(*example(), sampling=GateSampling(0.5, noise=False))
    (output.logits.square().mean() + output.gates.mean()).backward()
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert without == []


def test_scale_gradient_is_that_of_lsq() -> None:
    scale = ActivationScale()
    scale.set_scale(0.5)
    real = torch.tensor([0.6, 100.0, -100.0])
    codes = scale(real, lambda: torch.tensor([1, 127, -128]))
    (codes.codes * codes.scale).sum().backward()
    assert scale.log_scale.grad is not None
    expected = ((1 - 0.6 / 0.5) + 127 - 128) * 0.5
    torch.testing.assert_close(float(scale.log_scale.grad), expected, rtol=1e-5, atol=1e-6)


def test_observer_clips_outliers_only_when_that_pays() -> None:
    torch.manual_seed(0)
    observer = ScaleObserver(relu=False)
    observer.observe(torch.randn(10_000))
    assert 2.5 / 127 < observer.best_scale() < 5.0 / 127
    observer.observe(torch.tensor([4.1]))
    assert observer.best_scale() < 5.0 / 127


@pytest.mark.parametrize("head", ["ctc", "transducer"])
def test_a_state_of_zeros_means_that_silence_came_before(head: str) -> None:
    """The projection of digital silence is the zero of the residual stream, up to the weights' rounding."""
    config = ModelConfig.from_dict({**CONFIG.as_dict(), "head": head})
    network = quantized_network(trained_like(config), FEATURES, [example()]).eval()
    silent = torch.full((1, 1, config.feature_count), FEATURES.silence)
    codes = Codes(silent / network.feature_scale, torch.tensor(network.feature_scale))
    projected = network.front.projection(codes, network.residual)
    assert projected.codes.abs().max() <= 2
