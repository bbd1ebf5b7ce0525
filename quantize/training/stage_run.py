"""One stage of a run: its epochs, what is written after each, and where it resumes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from skipstone.quantize.corpora.tokens import TokenList
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.qat.export import checkpoint_tensors
from skipstone.quantize.training.batches import BatchSource
from skipstone.quantize.training.checkpoint import Checkpoint
from skipstone.quantize.training.corpus_shares import Progress
from skipstone.quantize.training.dev_evaluation import evaluate
from skipstone.quantize.training.early_stopping import Best, is_better, is_over, score
from skipstone.quantize.training.event_log import EventLog
from skipstone.quantize.training.run_folder import RunFolder
from skipstone.quantize.training.stage import EpochSums, StageTrainer, Update
from skipstone.quantize.training.stage_recipe import Stage
from skipstone.quantize.training.state import RunState, Standing
from torch import Tensor


@dataclass(frozen=True)
class Setting:
    """What the stages of a run share.

    Attributes:
        config, settings, tokens: of the model.
        costs: its MACs.
        board_costs: costs of a profile, where the loss is to count these.
        dev: development corpora by name, the first one first.
        save_seconds: between two writings of the state within an epoch.
    """

    config: ModelConfig
    settings: FeatureSettings
    tokens: TokenList
    costs: NetworkCosts
    board_costs: NetworkCosts | None
    dev: Mapping[str, BatchSource]
    save_seconds: float


class StageRun:
    """Trains one stage to its end and writes its checkpoint.

    Args:
        setting: what the stages share.
        stage: the recipe's table.
        digest: of all that the stage depends on.
        trainer: holds the network with its initial weights.
        folder: of the run.
        progress: where to show it.
        state: where an earlier process stopped in this stage, if one did.
    """

    def __init__(
        self,
        setting: Setting,
        stage: Stage,
        digest: str,
        trainer: StageTrainer,
        folder: RunFolder,
        progress: Progress,
        state: RunState | None,
    ) -> None:
        self.setting = setting
        self.stage = stage
        self.trainer = trainer
        self.folder = folder
        self.progress = progress
        self.standing = Standing(stage.name, digest)
        self.best: dict[str, Tensor] = {}
        if state is not None:
            self._resume(state)

    def run(self) -> None:
        """Train what is left, then write the stage's checkpoint."""
        log_folder = self.folder.path / "tensorboard" / self.stage.name if self.folder.writes else None
        log = EventLog(log_folder, self.standing.updates)
        while not is_over(self.stage, self.standing.epoch, self.standing.best):
            self._run_epoch(log)
        log.close()
        metrics = self.standing.metrics or self._evaluate()
        if self.stage.patience and self.standing.best is not None:
            self.trainer.average.network.load_state_dict(self.best)
            metrics = self.standing.best_metrics
        checkpoint = self._checkpoint(self.standing.digest, {"epochs": self.standing.epoch, **metrics})
        self.folder.write_checkpoint(self.stage.name, checkpoint)

    def _resume(self, state: RunState) -> None:
        self.standing = state.standing
        self.trainer.network.load_state_dict(state.part("model"))
        self.trainer.average.restore(state.part("average"), state.standing.updates)
        self.trainer.optimizer.restore(state.part("optimizer"))
        self.best = state.part("best")
        self.progress.note(
            f"resuming {self.stage.name} after epoch {state.standing.epoch}, batch {state.standing.batch}"
        )

    def _run_epoch(self, log: EventLog) -> None:
        standing, trainer = self.standing, self.trainer
        began = saved = time.monotonic()
        before = standing.seconds
        sums = EpochSums(**standing.sums) if standing.sums else EpochSums()
        total = trainer.batches(standing.epoch)
        advance = self.progress.task(f"{self.stage.name} {standing.epoch + 1}/{self.stage.epochs}", total)
        for _ in range(standing.batch):
            advance()

        def after(done: int, update: Update) -> None:
            nonlocal saved
            advance()
            log.update(trainer.average.updates, update, trainer.learning_rate)
            now = time.monotonic()
            if done < total and now - saved >= self.setting.save_seconds:
                seconds = before + now - began
                self._save(epoch=standing.epoch, batch=done, sums=asdict(sums), seconds=seconds)
                saved = now

        trainer.run_epoch(standing.epoch, sums, standing.batch, after)
        seen = sums.means()
        if self.setting.board_costs is None:
            del seen["train_cost_fraction"]  # the same as the compute fraction
        seconds = round(before + time.monotonic() - began, 1)
        self._end_epoch(standing.epoch + 1, {**seen, **self._evaluate(), "seconds": seconds}, log)

    def _end_epoch(self, epoch: int, metrics: dict[str, Any], log: EventLog) -> None:
        best, best_metrics = self.standing.best, self.standing.best_metrics
        first = next(iter(self.setting.dev))
        fraction = metrics.get(f"{first}_cost_fraction", metrics[f"{first}_compute_fraction"])
        value = score(self.stage, metrics[f"{first}_word_error_rate"], fraction)
        if self.stage.patience and is_better(self.stage, epoch, value, best):
            best, best_metrics = Best(epoch, value), metrics
            weights = self.trainer.average.network.state_dict()
            self.best = {name: tensor.detach().clone() for name, tensor in weights.items()}
        log.epoch(self.trainer.average.updates, metrics, self.setting.config.block_names)
        line = {"stage": self.stage.name, "epoch": epoch, **metrics}
        self.folder.record({**line, "recipe": self.standing.digest[:12]})
        self.folder.write_checkpoint("checkpoint", self._checkpoint("", metrics))
        self._save(epoch=epoch, metrics=metrics, best=best, best_metrics=best_metrics)
        self.progress.note(json.dumps(line))

    def _save(self, **standing: Any) -> None:
        """Move the standing and write the state; what is not given of a best epoch and metrics stays."""
        kept = {name: getattr(self.standing, name) for name in ("metrics", "best", "best_metrics")}
        updates = self.trainer.average.updates
        moved = Standing(self.stage.name, self.standing.digest, **{**kept, "updates": updates, **standing})
        if not standing.get("batch"):
            self.standing = moved
        parts = {
            "model": self.trainer.network.state_dict(),
            "average": self.trainer.average.tensors(),
            "optimizer": dict(self.trainer.optimizer.tensors()),
            "best": self.best,
        }
        self.folder.write_state(moved, parts)

    def _evaluate(self) -> dict[str, Any]:
        network = self.trainer.average.network.eval()
        metrics: dict[str, Any] = {}
        for name, source in self.setting.dev.items():
            head, forced = self.setting.config.head, self.trainer.forced
            result = evaluate(network, source, self.setting.tokens, head, forced, self.trainer.processes)
            metrics[f"{name}_word_error_rate"] = round(result.word_error_rate, 5)
            metrics[f"{name}_compute_fraction"] = round(result.fraction(self.setting.costs), 4)
            if self.setting.board_costs is not None:
                metrics[f"{name}_cost_fraction"] = round(result.fraction(self.setting.board_costs), 4)
            metrics.setdefault("block_rates", list(result.block_rates))
        return metrics

    def _checkpoint(self, digest: str, metrics: dict[str, Any]) -> Checkpoint:
        training = {"stage": self.stage.name, "recipe": digest, "metrics": metrics}
        setting, network = self.setting, self.trainer.average.network
        return Checkpoint(
            setting.config, setting.settings, setting.tokens, checkpoint_tensors(network), training
        )
