"""TensorBoard logs of a stage: one folder a stage, the step is the number of updates of the stage."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skipstone.quantize.training.stage import Update
from torch.utils.tensorboard import SummaryWriter

EVERY = 10
"""Updates between two points of the training curves."""


class EventLog:
    """Writes the curves of a stage.

    Args:
        folder: of the stage's event files; ``None`` writes nothing.
        updates: of the stage that are done; points of later updates (a process was killed) are purged.
    """

    def __init__(self, folder: Path | None, updates: int) -> None:
        self._writer: SummaryWriter | None = None
        if folder is not None:
            if updates == 0 and folder.exists():
                shutil.rmtree(folder)  # the stage begins again
            self._writer = SummaryWriter(str(folder), purge_step=updates + 1)

    def update(self, updates: int, update: Update, learning_rate: float) -> None:
        """Loss, fractions and learning rate after ``updates`` updates."""
        if self._writer is None or updates % EVERY:
            return
        self._writer.add_scalar("train/task_loss", update.task_loss, updates)
        self._writer.add_scalar("train/compute_fraction", update.compute_fraction, updates)
        self._writer.add_scalar("train/cost_fraction", update.cost_fraction, updates)
        self._writer.add_scalar("train/learning_rate", learning_rate, updates)

    def epoch(self, updates: int, metrics: Mapping[str, Any], blocks: Sequence[str]) -> None:
        """Every number of an epoch's metrics, and how often each block ran on the first dev corpus."""
        if self._writer is None:
            return
        for name, value in metrics.items():
            if isinstance(value, int | float):
                self._writer.add_scalar(f"epoch/{name}", value, updates)
        for block, rate in zip(blocks, metrics["block_rates"], strict=True):
            self._writer.add_scalar(f"gate_rate/{block}", rate, updates)
        self._writer.flush()

    def close(self) -> None:
        """Write what is still in memory."""
        if self._writer is not None:
            self._writer.close()
