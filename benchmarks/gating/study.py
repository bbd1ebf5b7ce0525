"""Training of one trial of the study: from the common dense weights to an int8 .tflite."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from corpora import Corpora, training_energies
from policies import (
    EnergyGates,
    EveryGate,
    GatePolicy,
    PeriodicGates,
    RandomGates,
    energy_threshold,
    step_energy,
)
from prices import board_costs
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.convert.checkpoint import read_checkpoint as read_integer_checkpoint
from skipstone.quantize.convert.network import convert
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.qat.export import checkpoint_tensors
from skipstone.quantize.qat.network import QuantizedTransformer
from skipstone.quantize.training.checkpoint import (
    Checkpoint,
    load_weights,
    read_checkpoint,
    write_checkpoint,
)
from skipstone.quantize.training.stage import EpochSums
from skipstone.quantize.training.stage_recipe import Augmentation, Stage
from systems import Trial, trial_config
from torch import Tensor, nn
from training import quantized, train

DROPOUT = 0.05
LOW_PASS = 0.15
STREAM_STEPS = (96, 144)
"""Rows of running speech: all systems train as they are used, mostly without a reset between utterances."""
STREAM_SHARE = 0.7
DISTILLATION = 1.0
PRECISION: Literal["bfloat16"] = "bfloat16"
"""Of the matrix products of float training: half the time on processors that have it."""
RANDOM_SEED = 7
Note = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """Lengths of the phases: the same for every system.

    Attributes:
        every: train on every so manieth utterance.
        dense_epochs: of the common dense training on single utterances (and of each ``dense_small``).
        stream_epochs: of the dense training on running speech that follows.
        tune_epochs: of each fine-tune, on running speech, with the common dense network as teacher.
        qat_epochs: of quantization-aware training, with the trial's own float network as teacher.
        seed: of the dense training.
        layers, d_model, heads, ffn: the dense model.
    """

    every: int = 1
    dense_epochs: int = 16
    stream_epochs: int = 16
    tune_epochs: int = 12
    qat_epochs: int = 1
    seed: int = 1
    layers: int = 4
    d_model: int = 64
    heads: int = 2
    ffn: int = 256

    @classmethod
    def quick(cls) -> Plan:
        """A few minutes in all: shows that everything runs, and no more."""
        return cls(every=8, dense_epochs=2, stream_epochs=1, tune_epochs=1)

    @property
    def digest(self) -> str:
        """Names the folder of the trained models: another plan, another folder."""
        return _digest(self)

    @property
    def base_digest(self) -> str:
        """Names the folder of the common dense weights, which depend on no later phase."""
        return _digest(replace(self, tune_epochs=0, qat_epochs=0))

    def config(self, vocabulary: int) -> ModelConfig:
        """The dense model."""
        return ModelConfig(
            vocabulary=vocabulary,
            layers=self.layers,
            d_model=self.d_model,
            heads=self.heads,
            head_dim=self.d_model // self.heads,
            ffn=self.ffn,
        )

    def dense_stages(self) -> tuple[Stage, Stage]:
        """Dense training: first single utterances, the shortest first, then running speech."""
        rate: dict[str, Any] = {
            "name": "dense",
            "optimizer": "muon",
            "dropout": DROPOUT,
            "precision": PRECISION,
        }
        full = Augmentation(low_pass=LOW_PASS)
        single = Stage(
            epochs=self.dense_epochs,
            learning_rate=1.5e-3,
            warm_up=0.15,
            final_learning_rate=0.3,
            curriculum=0.3,
            curriculum_start=0.15,
            augmentation=full.model_copy(update={"ramp": 0.3}),
            **rate,
        )
        running = Stage(
            epochs=self.stream_epochs,
            learning_rate=1e-3,
            warm_up=0.1,
            stream_steps=STREAM_STEPS,
            stream_share=STREAM_SHARE,
            augmentation=full,
            **rate,
        )
        return single, running

    def tune_stages(self, target: float) -> tuple[Stage, Stage]:
        """Fine-tune and QAT."""
        price: dict[str, Any] = {"cost_weight": 10.0, "cost_target": target}
        tune = Stage(
            name="gated",
            epochs=self.tune_epochs,
            learning_rate=7e-4,
            warm_up=0.1,
            optimizer="muon",
            dropout=0.0,
            precision=PRECISION,
            temperature=(1.0, 0.3),
            gate_noise=0.5,
            normalization_frozen=0.8,
            cost_ramp=0.4,
            distillation=DISTILLATION,
            stream_steps=STREAM_STEPS,
            stream_share=STREAM_SHARE,
            augmentation=Augmentation(low_pass=LOW_PASS),
            **price,
        )
        qat = Stage(
            name="qat",
            epochs=self.qat_epochs,
            learning_rate=4e-5,
            warm_up=0.1,
            dropout=0.0,
            average=0.99,
            temperature=(0.3, 0.3),
            gate_noise=0.0,
            cost_start=target,
            cost_ramp=0.0,
            distillation=1.0,
            task_weight=0.0,
            scale_learning_rate=2.0,
            stream_steps=STREAM_STEPS,
            stream_share=STREAM_SHARE,
            augmentation=Augmentation(time_masks=1, frequency_masks=1, low_pass=LOW_PASS),
            rounding="nearest",
            **price,
        )
        return tune, qat


def _digest(plan: Plan) -> str:
    return hashlib.sha256(json.dumps(asdict(plan), sort_keys=True).encode()).hexdigest()[:8]


def train_trial(trial: Trial, plan: Plan, corpora: Corpora, work: Path, note: Note) -> Path:
    """Train a trial unless it is done; returns its folder, ``work/<plan>/<trial>``, which holds
    ``checkpoint/`` and ``model.tflite``."""
    home = work / plan.digest / trial.name
    if (home / "model.tflite").exists():
        return home
    tune, qat = plan.tune_stages(trial.target)
    config = trial_config(trial, plan.config(len(corpora.tokens.tokens)))
    policy = trial_policy(trial, config, corpora)
    priced = board_costs(config, home) if trial.variant == "board_costs" else None
    base = base_network(plan, corpora, work, note)
    torch.manual_seed(trial.seed)
    network = AmortizedTransformer(config, tune.dropout)
    if trial.system == "dense_small":
        for stage in plan.dense_stages():
            _train(network, EveryGate(config.blocks), stage, trial.name, trial.seed, corpora, note)
    else:
        inherit(network, dict(base.state_dict()))
    _train(network, policy, tune, trial.name, trial.seed, corpora, note, base, priced)
    integer = quantized(network, corpora.settings, corpora.train, policy, trial.seed)
    _train(integer, policy, qat, trial.name, trial.seed, corpora, note, network, priced)
    training = {"stage": "qat", "recipe": f"gating study {plan.digest} {trial.name}", "metrics": {}}
    tensors = checkpoint_tensors(integer)
    write_checkpoint(
        home / "checkpoint", Checkpoint(config, corpora.settings, corpora.tokens, tensors, training)
    )
    write_file(home / "model.tflite", convert(read_integer_checkpoint(home / "checkpoint")))
    return home


def base_network(plan: Plan, corpora: Corpora, work: Path, note: Note) -> AmortizedTransformer:
    """The common dense network that all fine-tunes start from and learn from; trained if it is not there."""
    home = work / f"base-{plan.base_digest}"
    config = plan.config(len(corpora.tokens.tokens))
    torch.manual_seed(plan.seed)
    network = AmortizedTransformer(config, DROPOUT)
    stages = plan.dense_stages()
    homes = [*(home.with_name(f"{home.name}-stage{n}") for n in range(1, len(stages))), home]
    done = max((count for count, folder in enumerate(homes, 1) if folder.exists()), default=0)
    if done:
        load_weights(network, read_checkpoint(homes[done - 1]).weights, str(homes[done - 1]))
    for stage, folder in zip(stages[done:], homes[done:], strict=True):
        _train(network, EveryGate(config.blocks), stage, "dense", plan.seed, corpora, note)
        training = {"stage": "dense", "recipe": f"gating study {plan.digest}", "metrics": {}}
        tensors = checkpoint_tensors(network)
        write_checkpoint(folder, Checkpoint(config, corpora.settings, corpora.tokens, tensors, training))
    return network


def inherit(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Copy the weights that ``network`` has in the same shape; arbitrators of another kind stay new."""
    own = network.state_dict()
    network.load_state_dict(
        {name: weights[name] if _fits(weights.get(name), value) else value for name, value in own.items()}
    )


def _fits(weight: Tensor | None, own: Tensor) -> bool:
    return weight is not None and weight.shape == own.shape


def trial_policy(trial: Trial, config: ModelConfig, corpora: Corpora) -> GatePolicy | None:
    """What decides the gates of a trial; ``None``: its arbitrators."""
    if trial.system == "learned":
        return None
    if trial.system == "periodic":
        return PeriodicGates(trial.target, config.blocks)
    if trial.system == "random":
        return RandomGates(trial.target, config.blocks, RANDOM_SEED)
    if trial.system == "vad":
        energies = np.concatenate([step_energy(f) for f in training_energies(corpora.train)])
        return EnergyGates(energy_threshold(energies, trial.target), config.blocks)
    return EveryGate(config.blocks)


def _train(
    network: AmortizedTransformer | QuantizedTransformer,
    policy: GatePolicy | None,
    stage: Stage,
    trial: str,
    seed: int,
    corpora: Corpora,
    note: Note,
    teacher: AmortizedTransformer | None = None,
    priced: NetworkCosts | None = None,
) -> None:
    def report(epoch: int, sums: EpochSums) -> None:
        means = sums.means()
        note(
            f"{trial}: {stage.name} epoch {epoch} of {stage.epochs}, CTC loss {means['task_loss']:.4f}, "
            f"compute fraction {means['train_compute_fraction']:.3f}"
        )

    train(network, stage, corpora.train, policy, seed, report, teacher, priced)
