"""A whole training run: its folder, its stages, what it writes and where it resumes.

``folder/`` holds ``state.safetensors`` (resume), ``metrics.jsonl`` (one line an epoch), ``<stage>/``
(checkpoint at the end of each stage), ``checkpoint/`` (the latest epoch), ``metrics.json`` (summary by
stage) and ``tensorboard/<stage>/`` (curves).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import torch
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.convert.checkpoint import QUANTIZED_STAGES
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.losses.profile_costs import profile_costs
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.qat.export import load_quantized, quantized_network
from skipstone.quantize.qat.network import QuantizedTransformer
from skipstone.quantize.training.arbitrator_stage import ArbitratorTrainer
from skipstone.quantize.training.batches import BatchSource
from skipstone.quantize.training.checkpoint import Checkpoint, load_weights, read_checkpoint, write_checkpoint
from skipstone.quantize.training.corpus_shares import CorpusShare, Progress, load_share
from skipstone.quantize.training.data_recipe import CorpusEntry
from skipstone.quantize.training.initial import check_features, match_tokens
from skipstone.quantize.training.processes import Processes
from skipstone.quantize.training.recipe import Recipe, RecipeError, expand_path
from skipstone.quantize.training.run_folder import LATEST, SUMMARY, RunFolder
from skipstone.quantize.training.stage import StageTrainer
from skipstone.quantize.training.stage_recipe import Stage
from skipstone.quantize.training.stage_run import Setting, StageRun
from skipstone.quantize.training.state import RunState, load_state
from torch import nn


class TrainingRun:
    """Train by ``recipe`` in ``folder``, continuing where an earlier call stopped.

    Args:
        recipe: what to do.
        folder: of the run.
        progress: where to show it.
        processes: this one among those that train together; all of them make and run the same object.
    """

    def __init__(
        self, recipe: Recipe, folder: Path, progress: Progress, processes: Processes | None = None
    ) -> None:
        torch.set_num_threads(recipe.threads)
        self.recipe = recipe
        self.processes = processes or Processes()
        self.folder = RunFolder(folder, writes=self.processes.first)
        self.progress = progress
        self._check_batches()
        self.folder.prepare()
        features = FeatureSettings.from_dict({**FeatureSettings().as_dict(), **recipe.features})
        train, dev, noise = self._load(features)
        tokens = TokenList.of_words(
            share.corpus.texts[index] for share in train for index in share.indices.tolist()
        )
        self.source = BatchSource(train, tokens, features, noise)
        sizes = {"feature_bins": features.mel_bins, "frames_per_step": features.frames_per_step}
        config = ModelConfig.from_dict({**sizes, **recipe.model, "vocabulary": len(tokens.tokens)})
        self._check_arbitrator(config)
        self.initial = self._initial(features)
        self.setting = Setting(
            config=config,
            settings=features,
            tokens=tokens,
            costs=NetworkCosts.of(config),
            board_costs=self._board_costs(config),
            dev={name: BatchSource([share], None, features) for name, share in dev.items()},
            save_seconds=60 * recipe.save_minutes,
        )

    def run(self) -> Path:
        """Run every stage that is not finished; return the path of the last checkpoint."""
        utterances = {name: len(source.utterances) for name, source in self.setting.dev.items()}
        for index, stage in enumerate(self.recipe.stages):
            digest = self._digest(index)
            if not self.folder.finished(stage.name, digest):
                self._stage(index, stage, digest).run()
            self.processes.wait()
            metrics = read_checkpoint(self.folder.path / stage.name).training["metrics"]
            self.folder.summarize(stage.name, metrics, utterances)
        self.folder.publish(self.recipe.stages[-1].name)
        self.processes.wait()
        return self.folder.path / LATEST

    def publish(self, folder: Path) -> None:
        """Copy the last checkpoint and the summary of all stages to ``folder``, to be shipped."""
        if self.processes.first:
            write_checkpoint(folder / "checkpoint", read_checkpoint(self.folder.path / LATEST))
            write_file(folder / "metrics.json", (self.folder.path / SUMMARY).read_bytes())

    def _check_batches(self) -> None:
        for stage in self.recipe.stages:
            if stage.batch < self.processes.size:
                raise RecipeError(
                    f"stage {stage.name}: a batch of {stage.batch} for {self.processes.size} processes",
                    "the recipe's batch is that of all processes together: use a larger one",
                )

    def _check_arbitrator(self, config: ModelConfig) -> None:
        if config.arbitrator_input != "front" and any(s.name == "arbitrator" for s in self.recipe.stages):
            raise RecipeError(
                f'stage arbitrator with arbitrator_input = "{config.arbitrator_input}"',
                'it trains the one arbitrator behind the front: use arbitrator_input = "front", or leave the '
                "stage out",
            )

    def _load(
        self, features: FeatureSettings
    ) -> tuple[list[CorpusShare], dict[str, CorpusShare], list[CorpusShare]]:
        """Training, development and noise corpora; the first process computes what the cache lacks."""

        def share(entry: CorpusEntry, noise: bool = False) -> CorpusShare:
            return load_share(entry, self.recipe.data, features, self.progress, noise)

        if not self.processes.first:
            self.processes.wait()
        data = self.recipe.data
        train = [share(entry) for entry in data.train]
        dev = {name: share(entry) for name, entry in data.dev.items()}
        noise = [share(entry, noise=True) for entry in data.noise]
        if self.processes.first:
            self.processes.wait()
        return train, dev, noise

    def _initial(self, features: FeatureSettings) -> Checkpoint | None:
        if self.recipe.initial is None:
            return None
        path = expand_path(self.recipe.initial.checkpoint)
        checkpoint = read_checkpoint(path)
        check_features(checkpoint, features, f"initial checkpoint {path}")
        return checkpoint

    def _board_costs(self, config: ModelConfig) -> NetworkCosts | None:
        costs = self.recipe.costs
        if costs is None:
            return None
        return profile_costs(expand_path(costs.profile), config, costs.measure)

    def _digest(self, index: int) -> str:
        """Digest of all that stage ``index`` depends on: recipe, weights of the initial checkpoint, costs."""
        digest = hashlib.sha256(self.recipe.stage_digest(index).encode())
        if self.initial is not None:
            for name in sorted(self.initial.weights):
                digest.update(self.initial.weights[name].contiguous().numpy().tobytes())
        if self.setting.board_costs is not None:
            digest.update(json.dumps(asdict(self.setting.board_costs)).encode())
        return digest.hexdigest()

    def _stage(self, index: int, stage: Stage, digest: str) -> StageRun:
        state = load_state(self.folder.state)
        if state is not None and (state.standing.stage, state.standing.digest) != (stage.name, digest):
            state = None
        setting = self.setting
        network = self._network(index, stage, state).to(self.processes.device)
        teacher = self._teacher(index, stage)
        parts = (setting.config, stage, self.source, setting.costs, setting.board_costs or setting.costs)
        seed = (self.recipe.seed, index)
        trainer: StageTrainer
        if stage.name == "arbitrator":
            assert isinstance(network, QuantizedTransformer), "made from a quantized checkpoint"
            trainer = ArbitratorTrainer(network, *parts, seed, self.processes)
        else:
            teacher = None if teacher is None else teacher.to(self.processes.device)
            trainer = StageTrainer(network, *parts, seed, self.processes, teacher)
        return StageRun(setting, stage, digest, trainer, self.folder, self.progress, state)

    def _before(self, index: int) -> Checkpoint | None:
        """What stage ``index`` begins with; ``None``: chance."""
        if index == 0:
            return self.initial
        return read_checkpoint(self.folder.path / self.recipe.stages[index - 1].name)

    def _teacher(self, index: int, stage: Stage) -> AmortizedTransformer | None:
        """The float network that the stage begins with, for its distillation."""
        if stage.distillation == 0 or stage.name == "arbitrator":
            return None
        before, config = self._before(index), self.setting.config
        if before is None or before.training.get("stage") in QUANTIZED_STAGES or config.head != "ctc":
            raise RecipeError(
                f"stage {stage.name} cannot distil: it does not begin with a float checkpoint of a CTC head",
                "name one under [initial], put a dense stage before it, or set distillation = 0",
            )
        teacher = AmortizedTransformer(config)
        own = teacher.state_dict()
        load_weights(teacher, match_tokens(before, self.setting.tokens, own), f"teacher of {stage.name}")
        return teacher

    def _network(self, index: int, stage: Stage, state: RunState | None) -> nn.Module:
        """The network of a stage, with the weights of the stage before it or of the initial checkpoint."""
        torch.manual_seed(self.recipe.seed)
        before = self._before(index)
        config = self.setting.config
        network = AmortizedTransformer(config, stage.dropout)
        what = f"stage {stage.name}"
        if before is not None and before.training.get("stage") in QUANTIZED_STAGES:
            if not stage.is_quantized:
                raise RecipeError(
                    f"stage {stage.name} cannot begin with a checkpoint of stage {before.training['stage']} "
                    "(folded normalization)",
                    "name a dense or gated checkpoint under [initial], or begin with stage qat",
                )
            return self._quantized_again(before, what)
        if stage.name == "arbitrator":
            raise RecipeError(
                "stage arbitrator needs a quantized network to begin with",
                "put stage qat before it, or name a checkpoint of that stage under [initial]",
            )
        if before is not None:
            load_weights(network, match_tokens(before, self.setting.tokens, network.state_dict()), what)
        if stage.name != "qat":
            return network
        count = 1 if state is not None else self.recipe.calibration_utterances
        batches = self.source.sample(count, stage.batch, (self.recipe.seed, index))
        forced = torch.ones(config.blocks) if stage.is_dense else None
        return quantized_network(
            network, self.setting.settings, ((b.features, b.valid) for b in batches), forced
        )

    def _quantized_again(self, before: Checkpoint, what: str) -> nn.Module:
        """The quantized network of a ``qat`` checkpoint, its scales as they were."""
        if before.tokens != self.setting.tokens:
            raise RecipeError(
                f"{what}: the tokens of the initial qat checkpoint are not those of the training data",
                "begin with a gated checkpoint, whose head can be matched by token",
            )
        if before.config != self.setting.config:
            raise RecipeError(
                f"{what}: the [model] of the initial checkpoint differs", "use the same [model] table"
            )
        return load_quantized(self.setting.config, self.setting.settings, before.weights)
