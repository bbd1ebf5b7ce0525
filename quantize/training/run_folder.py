"""The folder of a run. A process that is killed at any moment leaves nothing that the next one cannot use."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skipstone.quantize.artefacts import write_file
from skipstone.quantize.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from skipstone.quantize.training.stage_recipe import STAGE_ORDER
from skipstone.quantize.training.state import Standing, save_state
from torch import Tensor

STATE = "state.safetensors"
METRICS = "metrics.jsonl"
SUMMARY = "metrics.json"
LATEST = "checkpoint"


class RunFolder:
    """Reads and writes the files of a run.

    Args:
        path: the folder.
        writes: whether this process writes; the methods that write do nothing where it does not.
    """

    def __init__(self, path: Path, writes: bool = True) -> None:
        self.path = path
        self.writes = writes

    @property
    def state(self) -> Path:
        """The resumable state."""
        return self.path / STATE

    def prepare(self) -> None:
        """Make the folder and delete what a killed process left under temporary names."""
        if not self.writes:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        for name in (STATE, METRICS, SUMMARY, LATEST, *STAGE_ORDER):
            for left in self.path.glob(f".{name}.*"):
                if left.is_dir():
                    shutil.rmtree(left)
                else:
                    left.unlink()

    def finished(self, stage: str, digest: str) -> bool:
        """Whether the checkpoint of ``stage`` is there, under the digest ``digest``."""
        path = self.path / stage
        return path.exists() and read_checkpoint(path).training.get("recipe") == digest

    def write_state(self, standing: Standing, parts: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Replace the resumable state."""
        if self.writes:
            save_state(self.state, standing, parts)

    def write_checkpoint(self, name: str, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint ``name``."""
        if self.writes:
            write_checkpoint(self.path / name, checkpoint)

    def publish(self, stage: str) -> None:
        """Make the checkpoint of ``stage`` the latest one, where it is not yet."""
        if not self.writes:
            return
        checkpoint, latest = read_checkpoint(self.path / stage), self.path / LATEST
        if not latest.exists() or read_checkpoint(latest).training != checkpoint.training:
            write_checkpoint(latest, checkpoint)

    def record(self, line: Mapping[str, Any]) -> None:
        """Add the line of an epoch to ``metrics.jsonl``, in place of an older one of the same epoch under the
        same recipe (of a process that was killed before its state was written)."""
        if not self.writes:
            return
        path = self.path / METRICS
        before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [text for text in before if _epoch(json.loads(text)) != _epoch(line)]
        write_file(path, "".join(f"{text}\n" for text in [*kept, json.dumps(line)]))

    def summarize(self, stage: str, metrics: Mapping[str, Any], utterances: Mapping[str, int]) -> None:
        """Write the metrics of ``stage`` into ``metrics.json``."""
        if not self.writes:
            return
        path = self.path / SUMMARY
        summary = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        summary |= {stage: dict(metrics), "dev_utterances": dict(utterances)}
        write_file(path, json.dumps(summary, indent=2) + "\n")


def _epoch(line: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(line.get(key) for key in ("recipe", "stage", "epoch"))
