"""Optimizers, the learning-rate schedule and the average of the weights."""

from __future__ import annotations

import pytest
import torch
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.qat.network import QuantizedTransformer
from skipstone.quantize.training.average import WeightAverage
from skipstone.quantize.training.optimizer import StageOptimizer
from skipstone.quantize.training.stage_recipe import Stage
from tone_run import MODEL
from torch import nn

CONFIG = ModelConfig(vocabulary=4, **MODEL)


def stage(name: str = "dense", **keys: object) -> Stage:
    return Stage.model_validate({"name": name, "epochs": 1, "learning_rate": 1e-2, **keys})


def muon_names(network: nn.Module, chosen: Stage) -> set[str]:
    optimizer = StageOptimizer(network, chosen)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    assert isinstance(optimizer.optimizers[1], torch.optim.Muon)
    return {names[id(p)] for group in optimizer.optimizers[1].param_groups for p in group["params"]}


@pytest.mark.parametrize("arbitrator_input", ["front", "block"])
def test_muon_takes_the_hidden_matrices_alone(arbitrator_input: str) -> None:
    config = ModelConfig(vocabulary=4, **{**MODEL, "arbitrator_input": arbitrator_input})
    expected = {"front.projection.weight", "layer0.ffn.up.weight", "layer0.ffn.down.weight"}
    expected |= {f"layer0.mha.{name}.weight" for name in ("query", "key", "value", "output")}
    arbitrators = (
        ["arbitrator"] if arbitrator_input == "front" else ["layer0.mha.arbitrator", "layer0.ffn.arbitrator"]
    )
    expected |= {f"{name}.hidden.weight" for name in arbitrators}
    for network in (AmortizedTransformer(config), QuantizedTransformer(config, FeatureSettings())):
        assert muon_names(network, stage("qat", optimizer="muon")) == expected


def test_muon_leaves_embeddings_and_head_of_a_transducer_to_adamw() -> None:
    config = ModelConfig(vocabulary=4, **{**MODEL, "head": "transducer"})
    names = muon_names(AmortizedTransformer(config), stage(optimizer="muon"))
    assert not any("embedding" in name or name.startswith("head") for name in names)
    assert {"joint.encoder.weight", "joint.predictor.weight", "predictor.combine.weight"} <= names


def test_every_parameter_has_exactly_one_optimizer() -> None:
    network = AmortizedTransformer(CONFIG)
    for name in ("adamw", "muon"):
        optimizer = StageOptimizer(network, stage(optimizer=name))
        owned = [id(p) for o in optimizer.optimizers for g in o.param_groups for p in g["params"]]
        assert sorted(owned) == sorted(id(p) for p in network.parameters())


def test_one_schedule_moves_all_rates() -> None:
    optimizer = StageOptimizer(
        AmortizedTransformer(CONFIG), stage(optimizer="muon", final_learning_rate=0.25)
    )
    assert optimizer.set_progress(0.2) == pytest.approx(1e-2)
    assert optimizer.set_progress(1.0) == pytest.approx(0.25e-2)
    rates = [group["lr"] for each in optimizer.optimizers for group in each.param_groups]
    assert rates == [pytest.approx(0.25e-2)] * 4


def test_scales_have_their_own_rate() -> None:
    network = QuantizedTransformer(CONFIG, FeatureSettings())
    optimizer = StageOptimizer(network, stage("qat", scale_learning_rate=3.0))
    optimizer.set_progress(0.2)
    scales = [
        g for o in optimizer.optimizers for g in o.param_groups if g["params"][0].dtype == torch.float64
    ]
    assert [group["lr"] for group in scales] == [pytest.approx(3e-2)]


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2, 2))
        self.register_buffer("running_mean", torch.zeros(2))


def test_the_average_follows_weights_and_running_statistics() -> None:
    network = Tiny()
    average = WeightAverage(network, 0.5)
    expected = torch.zeros(2, 2)
    for update in range(1, 6):
        with torch.no_grad():
            network.weight += 1.0
            network.running_mean += 10.0
        average.update()
        decay = min(0.5, (1 + update) / (10 + update))
        expected = decay * expected + (1 - decay) * network.weight.detach()
        assert torch.allclose(average.network.weight, expected)
        assert torch.allclose(average.network.running_mean, 10 * expected[0])
    assert average.network is not network


def test_without_decay_the_average_is_the_network() -> None:
    network = Tiny()
    average = WeightAverage(network, 0.0)
    average.update()
    assert average.network is network
    assert average.tensors() == {}


def test_a_restored_average_goes_on_alike() -> None:
    def move(network: Tiny, average: WeightAverage) -> None:
        with torch.no_grad():
            network.weight += 1.0
        average.update()

    one = Tiny()
    whole = WeightAverage(one, 0.9)
    for _ in range(3):
        move(one, whole)
    two = Tiny()
    two.load_state_dict(one.state_dict())
    again = WeightAverage(two, 0.9)
    again.restore({name: tensor.clone() for name, tensor in whole.tensors().items()}, whole.updates)
    for network, average in ((one, whole), (two, again)):
        move(network, average)
    assert torch.equal(whole.network.weight, again.network.weight)
