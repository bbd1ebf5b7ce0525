"""The transducer's head: folding, simulation and converted model give the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from skipstone.quantize.convert.checkpoint import read_checkpoint as read_for_conversion
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_features, write_random_checkpoint
from skipstone.quantize.evaluation.decode import GreedyTransducer, best_token
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.arbitrator import GateSampling
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.transducer import token_contexts
from skipstone.quantize.qat.export import checkpoint_tensors, load_quantized, quantized_network
from skipstone.quantize.qat.network import QuantizedTransformer, observers
from skipstone.quantize.training.checkpoint import read_checkpoint

SIZES = {
    "d_model": 32,
    "layers": 2,
    "heads": 2,
    "head_dim": 16,
    "positions": 12,
    "ffn": 64,
    "vocabulary": 19,
    "head": "transducer",
    "predictor_width": 12,
    "joint_width": 24,
}
CONFIG = ModelConfig(**SIZES)  # type: ignore[arg-type]
FEATURES = FeatureSettings()
CONTEXTS = token_contexts(torch.tensor([[3, 7, 7], [18, 1, 2]]))


def example(steps: int = 30) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(3)
    codes = (torch.randn(2, steps, CONFIG.feature_count) * 30).round().clamp(-128, 127)
    return codes * FEATURES.scale, torch.ones(2, steps, dtype=torch.bool)


def trained_like() -> AmortizedTransformer:
    """A network whose normalization statistics are not trivial and whose blank does not always win."""
    torch.manual_seed(2)
    model = AmortizedTransformer(CONFIG)
    torch.nn.init.zeros_(model.head.bias)
    for _ in range(60):
        model(*example(), sampling=GateSampling(1.0), contexts=CONTEXTS)
    return model.eval()


def random_network(folder: Path) -> QuantizedTransformer:
    write_random_checkpoint(folder, 7, **SIZES)
    checkpoint = read_checkpoint(folder)
    return load_quantized(checkpoint.config, checkpoint.features, checkpoint.weights).eval()


def test_folded_network_computes_the_same_lattice() -> None:
    model = trained_like()
    network = quantized_network(model, FEATURES, [example()])
    gates = torch.rand(2, 30, CONFIG.blocks) < 0.7
    expected = model(*example(), forced_gates=gates, contexts=CONTEXTS).logits
    with observers(network):
        actual = network(*example(), forced_gates=gates, contexts=CONTEXTS).logits
    assert expected.shape == actual.shape == (2, 30, 4, CONFIG.vocabulary)
    assert (actual - expected).norm() / expected.norm() < 0.03, "only the rounding of the weights is left"


def test_quantized_lattice_follows_the_float_lattice() -> None:
    model = trained_like()
    network = quantized_network(model, FEATURES, [example()]).eval()
    inputs = {"forced_gates": torch.ones(CONFIG.blocks), "contexts": CONTEXTS}
    expected, actual = model(*example(), **inputs).logits, network(*example(), **inputs).logits
    noise = (actual - expected).square().mean()
    assert 10 * torch.log10(expected.square().mean() / noise) > 20


def test_export_and_reload_keep_every_integer() -> None:
    network = quantized_network(trained_like(), FEATURES, [example()]).eval()
    again = load_quantized(CONFIG, FEATURES, checkpoint_tensors(network)).eval()
    first, second = network(*example(), contexts=CONTEXTS), again(*example(), contexts=CONTEXTS)
    assert torch.equal(first.logits, second.logits)


@pytest.mark.parametrize("quantized", [False, True])
def test_every_parameter_gets_a_gradient(quantized: bool) -> None:
    network: torch.nn.Module = trained_like()
    if quantized:
        network = quantized_network(network, FEATURES, [example()])  # type: ignore[arg-type]
    output = network.train()(*example(), sampling=GateSampling(0.5, noise=False), contexts=CONTEXTS)
    (output.logits.square().mean() + output.gates.mean()).backward()
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert without == []


def test_greedy_decoding_takes_the_cells_of_the_lattice_on_its_path() -> None:
    """Without contexts the network decodes; its logits are those of the lattice of what it decoded."""
    model = trained_like()
    greedy = model(*example()).logits
    decoder, path = GreedyTransducer(), []
    for best in greedy[0].argmax(1).tolist():
        path.append(len(decoder.ids))
        decoder.push(best)
    assert 2 < len(decoder.ids) < 30
    contexts = token_contexts(torch.tensor([decoder.ids])).expand(2, -1, -1)
    lattice = model(*example(), contexts=contexts).logits
    torch.testing.assert_close(lattice[0, torch.arange(30), path], greedy[0], rtol=1e-4, atol=1e-5)


def test_greedy_simulation_equals_tflm_and_its_tokens(tmp_path: Path) -> None:
    network = random_network(tmp_path)
    features = random_features(150, 160, 3)
    trace = np.random.default_rng(5).random((150, CONFIG.blocks)) < 0.6
    real = torch.from_numpy(features).float() * network.feature_scale
    valid = torch.ones(1, 150, dtype=torch.bool)
    with torch.no_grad():
        output = network(real[None], valid, forced_gates=torch.from_numpy(trace)[None])
    logits = (output.logits[0] / network.head.activation.exact_scale).round().numpy()
    runner, decoder = TflmRunner(convert(read_for_conversion(tmp_path))), GreedyTransducer()
    for step, row in enumerate(features):
        bias = np.where(trace[step : step + 1], 127, -128).astype(np.int8)
        theirs = runner.step(row[None], bias, *decoder.inputs())[0].reshape(-1)
        assert np.array_equal(theirs, logits[step]), f"logits differ at step {step}"
        decoder.push(best_token(theirs))
    assert 0 < len(decoder.ids) < 150


def test_lattice_of_the_simulation_equals_tflm_in_every_cell(tmp_path: Path) -> None:
    network = random_network(tmp_path)
    features = random_features(40, 160, 6)
    real = torch.from_numpy(features).float() * network.feature_scale
    everywhere = torch.ones(CONFIG.blocks)
    with torch.no_grad():
        valid = torch.ones(1, 40, dtype=torch.bool)
        output = network(real[None], valid, forced_gates=everywhere, contexts=CONTEXTS[:1])
    logits = (output.logits[0] / network.head.activation.exact_scale).round().numpy()
    runner = TflmRunner(convert(read_for_conversion(tmp_path)))
    for place, context in enumerate(CONTEXTS[0]):
        runner.reset()
        previous = context.numpy().astype(np.int32)[None]
        for step, row in enumerate(features):
            theirs = runner.step(row[None], np.full((1, CONFIG.blocks), 127, np.int8), previous)[0]
            assert np.array_equal(theirs.reshape(-1), logits[step, place]), f"step {step}, context {place}"
