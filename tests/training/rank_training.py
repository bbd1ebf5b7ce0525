"""One process of a training that torchrun starts; prints what it has at the end.

Usage: rank_training.py RECIPE FOLDER [STOP]. STOP: the run dies when a task of that name begins.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import torch
from skipstone.quantize.training.processes import processes
from skipstone.quantize.training.recipe import read_recipe
from skipstone.quantize.training.run import TrainingRun
from skipstone.quantize.training.stage_run import StageRun
from tone_run import Silent

torch.set_num_threads(1)


class Watched(TrainingRun):
    """A run that remembers its last stage."""

    last: StageRun | None = None

    def _stage(self, *arguments: object) -> StageRun:
        self.last = super()._stage(*arguments)  # type: ignore[arg-type]
        return self.last


def main() -> None:
    """Train, then report this process's own weights and metrics."""
    stop = sys.argv[3] if len(sys.argv) > 3 else None
    with processes("cpu") as joined:
        run = Watched(read_recipe(Path(sys.argv[1])), Path(sys.argv[2]), Silent(stop), joined)
        run.run()
        assert run.last is not None
        digest = hashlib.sha256()
        for tensor in run.last.trainer.network.state_dict().values():
            digest.update(tensor.numpy().tobytes())
        metrics = {k: v for k, v in run.last.standing.metrics.items() if k != "seconds"}
        report = {"rank": joined.rank, "weights": digest.hexdigest(), "metrics": metrics}
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
