"""The record of the study: one JSON file, rows added as they come."""

from __future__ import annotations

import fcntl
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from skipstone.quantize.artefacts import write_file
from study import Plan
from study_error import StudyError
from systems import Trial

Row = dict[str, Any]
KEY = ("system", "variant", "target", "seed", "split")
DEFINITIONS = {
    "wer": "word error rate of the int8 model, greedy CTC (substitutions, deletions, insertions over words)",
    "compute_fraction": "executed MACs of blocks and arbitrators over those of the dense model and them"
    " (MACs of the model itself above, of the dense model below)",
    "instructions_per_step_m4": "exact, mps2-an386: model step, arbitrators, projection and head included,"
    " front end apart; mean over board_steps steps",
    "instructions_per_step_m55": "the same on mps3-an547",
    "parameters": "weights and biases, arbitrators included",
    "target": "compute target C*; sliding_window cannot reach it, see compute_fraction",
    "seed": "of everything after the common dense training; dense_small: of its whole training",
    "tflm_steps": "steps whose logits and gates were compared with stock TFLM byte for byte, all equal",
}


class Results:
    """Rows in ``path``; several processes may add to it.

    Raises:
        StudyError: what stands there is unreadable, or was trained by another plan.
    """

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path = path
        self.plan = plan
        self.rows()

    def rows(self) -> list[Row]:
        """What is recorded so far."""
        if not self.path.exists():
            return []
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
            rows, plan = record["rows"], record["plan"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StudyError(f"{self.path} is no record of the study: {error}", "remove it") from error
        if plan != asdict(self.plan):
            raise StudyError(
                f"{self.path} holds rows of another plan of training",
                "write to another file (-o), or remove that one",
            )
        return rows

    def has(self, trial: Trial, splits: Sequence[str]) -> bool:
        """Every split of ``trial`` is recorded."""
        keys = {key_of(row) for row in self.rows()}
        return all((*trial_key(trial), split) in keys for split in splits)

    def add(self, rows: Sequence[Row]) -> None:
        """Add ``rows``; older ones of the same key go."""
        with _locked(self.path.with_suffix(".lock")):
            new = {key_of(row) for row in rows}
            kept = [row for row in self.rows() if key_of(row) not in new]
            every = sorted([*kept, *rows], key=_place)
            record = {
                "version": 1,
                "command": self.command,
                "plan": asdict(self.plan),
                "environment": {"python": platform.python_version(), "machine": platform.machine()},
                "definitions": DEFINITIONS,
                "rows": every,
            }
            write_file(self.path, json.dumps(record, indent=1) + "\n")

    @property
    def command(self) -> str:
        """What makes this record."""
        other = self.plan.tune_epochs != Plan().tune_epochs
        return "python benchmarks/gating/run.py" + (
            f" --tune-epochs {self.plan.tune_epochs}" if other else ""
        )


def trial_key(trial: Trial) -> tuple[str, str, float, int]:
    """What tells the rows of a trial from others."""
    return trial.system, trial.variant, trial.target, trial.seed


def key_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells a row from others."""
    return tuple(row[name] for name in KEY)


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row["split"], row["system"], row["variant"], -row["target"], row["seed"])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
