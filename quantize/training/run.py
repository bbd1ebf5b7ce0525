"""A whole training run: its folder, its stages, what it writes and where it resumes.

``folder/`` holds ``state.safetensors`` (resume), ``metrics.jsonl`` (one line an epoch), ``<stage>/``
(checkpoint at the end of each stage), ``checkpoint/`` (the latest epoch) and ``metrics.json`` (summary
by stage).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.corpora.feature_cache import CorpusFeatures, corpus_features
from skipstone.quantize.corpora.manifest import read_manifest
from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.qat.export import checkpoint_tensors, quantized_network
from skipstone.quantize.training.batches import BatchSource
from skipstone.quantize.training.checkpoint import Checkpoint, load_weights, read_checkpoint, write_checkpoint
from skipstone.quantize.training.dev_evaluation import evaluate
from skipstone.quantize.training.recipe import Recipe, Stage, expand_path
from skipstone.quantize.training.stage import StageTrainer
from skipstone.quantize.training.state import RunState, load_state, save_state
from torch import nn


class Progress(Protocol):
    """Where a run shows how far it is."""

    def task(self, description: str, total: int) -> Callable[[], None]:
        """Begin a task of ``total`` parts; the result is called once a part."""

    def note(self, line: str) -> None:
        """Print one line above the bars."""


class TrainingRun:
    """Train by ``recipe`` in ``folder``, continuing where an earlier call stopped."""

    def __init__(self, recipe: Recipe, folder: Path, progress: Progress) -> None:
        torch.set_num_threads(recipe.threads)
        self.recipe = recipe
        self.folder = folder
        self.progress = progress
        self.settings = FeatureSettings.from_dict({**FeatureSettings().as_dict(), **recipe.features})
        train = [self._features(expand_path(name)) for name in recipe.data.train]
        dev = {name: self._features(expand_path(path)) for name, path in recipe.data.dev.items()}
        self.tokens = TokenList.of_words(text for corpus in train for text in corpus.texts)
        self.source = BatchSource(train, self.tokens, self.settings)
        self.dev = {name: BatchSource([c], self.tokens, self.settings) for name, c in dev.items()}
        sizes = {"feature_bins": self.settings.mel_bins, "frames_per_step": self.settings.frames_per_step}
        self.config = ModelConfig.from_dict({**sizes, **recipe.model, "vocabulary": len(self.tokens.tokens)})
        self.costs = NetworkCosts.of(self.config)

    def run(self) -> Path:
        """Run every stage that is not finished; return the path of the last checkpoint."""
        for index, stage in enumerate(self.recipe.stages):
            digest = self.recipe.stage_digest(index)
            if not self._finished(stage, digest):
                self._run_stage(index, stage, digest)
        return self.folder / "checkpoint"

    def publish(self, folder: Path) -> None:
        """Copy the last checkpoint and the summary of all stages to ``folder``, to be shipped."""
        write_checkpoint(folder / "checkpoint", read_checkpoint(self.folder / "checkpoint"))
        write_file(folder / "metrics.json", (self.folder / "metrics.json").read_bytes())

    def _finished(self, stage: Stage, digest: str) -> bool:
        path = self.folder / stage.name
        return path.exists() and read_checkpoint(path).training.get("recipe") == digest

    def _run_stage(self, index: int, stage: Stage, digest: str) -> None:
        state = load_state(self.folder / "state.safetensors")
        if state is not None and (state.stage, state.digest) != (stage.name, digest):
            state = None
        network = self._network(index, stage, resumed=state is not None)
        trainer = StageTrainer(network, stage, self.source, self.costs, (self.recipe.seed, index))
        start = self._restore(state, network, trainer)
        metrics: dict[str, Any] = {}
        for epoch in range(start, stage.epochs):
            metrics = self._run_epoch(trainer, stage, epoch, digest)
        if start >= stage.epochs:
            metrics = self._evaluate(network, stage)
        checkpoint = self._checkpoint(network, stage, digest, metrics)
        write_checkpoint(self.folder / stage.name, checkpoint)
        write_checkpoint(self.folder / "checkpoint", checkpoint)
        self._summarize(stage, metrics)

    def _restore(self, state: RunState | None, network: nn.Module, trainer: StageTrainer) -> int:
        if state is None:
            return 0
        state.restore(network, trainer.optimizer)
        self.progress.note(f"resuming {state.stage} after epoch {state.epoch}")
        return state.epoch

    def _network(self, index: int, stage: Stage, resumed: bool) -> nn.Module:
        """The network of a stage, with the weights of the stage before it."""
        torch.manual_seed(self.recipe.seed)
        network = AmortizedTransformer(self.config, stage.dropout)
        if index > 0:
            before = read_checkpoint(self.folder / self.recipe.stages[index - 1].name)
            load_weights(network, before.weights, f"stage {stage.name}")
        if stage.name != "qat":
            return network
        count = 1 if resumed else self.recipe.calibration_utterances
        batches = self.source.sample(count, stage.batch, (self.recipe.seed, index))
        return quantized_network(network, self.settings, ((b.features, b.valid) for b in batches))

    def _run_epoch(self, trainer: StageTrainer, stage: Stage, epoch: int, digest: str) -> dict[str, Any]:
        began = time.monotonic()
        advance = self.progress.task(
            f"{stage.name} {epoch + 1}/{stage.epochs}", self.source.count(stage.batch)
        )
        sums = trainer.run_epoch(epoch, advance)
        metrics = {**sums.as_dict(), **self._evaluate(trainer.network, stage)}
        metrics["seconds"] = round(time.monotonic() - began, 1)
        save_state(
            self.folder / "state.safetensors",
            stage.name,
            epoch + 1,
            digest,
            trainer.network,
            trainer.optimizer,
        )
        write_checkpoint(self.folder / "checkpoint", self._checkpoint(trainer.network, stage, "", metrics))
        line = {"stage": stage.name, "epoch": epoch + 1, **metrics}
        with (self.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self.progress.note(json.dumps(line))
        return metrics

    def _evaluate(self, network: nn.Module, stage: Stage) -> dict[str, Any]:
        network.eval()
        forced = torch.ones(self.config.blocks) if stage.name == "dense" else None
        metrics: dict[str, Any] = {}
        for name, source in self.dev.items():
            result = evaluate(network, source, self.tokens, self.costs, forced)
            metrics[f"{name}_word_error_rate"] = round(result.word_error_rate, 5)
            metrics[f"{name}_compute_fraction"] = round(result.compute_fraction, 4)
            metrics.setdefault("block_rates", list(result.block_rates))
        return metrics

    def _checkpoint(
        self, network: nn.Module, stage: Stage, digest: str, metrics: dict[str, Any]
    ) -> Checkpoint:
        training = {"stage": stage.name, "recipe": digest, "metrics": metrics}
        return Checkpoint(self.config, self.settings, self.tokens, checkpoint_tensors(network), training)

    def _summarize(self, stage: Stage, metrics: dict[str, Any]) -> None:
        path = self.folder / "metrics.json"
        summary = json.loads(path.read_text()) if path.exists() else {}
        summary[stage.name] = {"epochs": stage.epochs, **metrics}
        summary["dev_utterances"] = {name: len(source.utterances) for name, source in self.dev.items()}
        write_file(path, json.dumps(summary, indent=2) + "\n")

    def _features(self, manifest: Path) -> CorpusFeatures:
        utterances = read_manifest(manifest)
        advance = self.progress.task(f"features of {manifest.parent.name}/{manifest.name}", len(utterances))
        data = self.recipe.data
        return corpus_features(utterances, self.settings, data.tail_steps, Path(data.cache), advance)
