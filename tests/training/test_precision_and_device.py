"""Mixed precision keeps statistics, gates and losses in float32; tensors follow the device of their input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.arbitrator import GateSampling
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.normalization import StepBatchNorm
from skipstone.quantize.qat.network import QuantizedTransformer
from skipstone.quantize.training.batches import Batch
from skipstone.quantize.training.checkpoint import read_checkpoint
from skipstone.quantize.training.processes import DeviceError, choose_device
from skipstone.quantize.training.run import TrainingRun
from skipstone.quantize.training.stage_recipe import Stage
from skipstone.quantize.training.task import task_loss
from tone_run import MODEL, Silent, tone_recipe
from torch import nn

CONFIGS = [ModelConfig(vocabulary=4, **{**MODEL, "head": head}) for head in ("ctc", "transducer")]


def batch() -> Batch:
    generator = torch.Generator().manual_seed(1)
    return Batch(
        features=torch.randn(3, 12, 160, generator=generator),
        lengths=torch.tensor([12, 9, 4]),
        targets=torch.tensor([1, 2, 3]),
        target_lengths=torch.tensor([2, 1, 0]),
        texts=("a b", "c", ""),
    )


def network(config: ModelConfig) -> AmortizedTransformer:
    torch.manual_seed(3)
    return AmortizedTransformer(config)


def test_statistics_under_autocast_are_those_of_float32() -> None:
    x, valid = torch.randn(2, 30, 8) * 3 + 100, torch.ones(2, 30, dtype=torch.bool)
    plain, mixed = StepBatchNorm(8), StepBatchNorm(8)
    expected = plain(x, valid)
    with torch.autocast("cpu", torch.bfloat16):
        found = mixed(x, valid)
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)
    assert torch.equal(mixed.running_mean, plain.running_mean)
    assert torch.equal(mixed.running_var, plain.running_var)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.head)
def test_bfloat16_computes_nearly_the_same_loss_and_gradients(config: ModelConfig) -> None:
    gradients = []
    losses = []
    for precision in ("float32", "bfloat16"):
        model = network(config)
        torch.manual_seed(4)
        loss, output = task_loss(model, config, batch(), None, GateSampling(), precision)
        assert loss.dtype == output.gates.dtype == torch.float32
        loss.backward()
        losses.append(float(loss.detach()))
        gradients.append(model.get_parameter("layer0.ffn.up.weight").grad)
        assert all(p.dtype == torch.float32 for p in model.parameters())
        assert all(buffer.dtype == torch.float32 for buffer in model.buffers())
    assert losses[1] == pytest.approx(losses[0], rel=0.05)
    assert losses[0] != losses[1], "autocast had no effect"
    first, second = (gradient.flatten() for gradient in gradients)
    assert torch.cosine_similarity(first, second, dim=0) > 0.9


def test_a_stage_in_bfloat16_trains_and_leaves_float32(corpora: Path, tmp_path: Path) -> None:
    stages = {
        "dense": {"epochs": 2, "precision": "bfloat16", "optimizer": "muon"},
        "gated": {"epochs": 1, "precision": "bfloat16"},
    }
    checkpoint = TrainingRun(tone_recipe(corpora, stages), tmp_path / "run", Silent()).run()
    weights = read_checkpoint(checkpoint).weights
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())


def test_the_exact_stage_refuses_half_precision() -> None:
    with pytest.raises(ValidationError, match="must be float32"):
        Stage.model_validate({"name": "qat", "epochs": 1, "learning_rate": 1, "precision": "bfloat16"})


@pytest.fixture
def elsewhere() -> Iterator[None]:
    """Tensors that are made without naming a device land on one without data, and cannot be mixed."""
    torch.set_default_device("meta")
    yield
    torch.set_default_device("cpu")


MODELS = [(config, made) for config in CONFIGS for made in ("float", "quantized")]


@pytest.fixture(params=MODELS, ids=lambda pair: f"{pair[0].head}-{pair[1]}")
def model(request: pytest.FixtureRequest) -> tuple[ModelConfig, nn.Module, Batch]:
    config, made = request.param
    if made == "float":
        return config, network(config), batch()
    quantized = QuantizedTransformer(config, FeatureSettings())
    for _, scale in quantized.activation_scales():
        scale.set_scale(0.05)
    return config, quantized, batch()


@pytest.mark.usefixtures("model", "elsewhere")
def test_every_tensor_names_its_device(model: tuple[ModelConfig, nn.Module, Batch]) -> None:
    config, module, here = model
    loss, output = task_loss(module, config, here, None, GateSampling())
    assert {loss.device.type, output.gates.device.type, output.logits.device.type} == {"cpu"}
    loss.backward()
    assert all(p.grad is None or p.grad.device.type == "cpu" for p in module.parameters())


def test_devices_are_checked() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    for name in ("gpu", "meta", "cuda:99"):
        with pytest.raises(DeviceError):
            choose_device(name)
