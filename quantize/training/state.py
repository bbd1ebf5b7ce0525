"""The resumable state of a run: one safetensors file, replaced atomically (no pickles).

Everything random is drawn from the seed, the stage, the epoch and the batch, so that these counters are
all that is needed to go on as if nothing had happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.training.checkpoint import CheckpointError
from skipstone.quantize.training.early_stopping import Best
from torch import Tensor


@dataclass(frozen=True)
class Standing:
    """Where a stage stands.

    Attributes:
        stage, digest: which one, under which recipe.
        epoch: epochs that are done.
        batch: batches of the next epoch that are done.
        updates: of the weights since the stage began.
        sums: of the losses of these batches (``EpochSums``).
        seconds: spent on these batches.
        metrics: of the last epoch that is done.
        best, best_metrics: the best epoch, where the stage has patience.
    """

    stage: str
    digest: str
    epoch: int = 0
    batch: int = 0
    updates: int = 0
    sums: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    metrics: dict[str, Any] = field(default_factory=dict)
    best: Best | None = None
    best_metrics: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunState:
    """A :class:`Standing` and its tensors, by the name of what they belong to and their own."""

    standing: Standing
    tensors: Mapping[str, Tensor]

    def part(self, name: str) -> dict[str, Tensor]:
        """Tensors of ``name``: ``model``, ``average``, ``optimizer`` or ``best``."""
        prefix = f"{name}."
        return {k.removeprefix(prefix): v for k, v in self.tensors.items() if k.startswith(prefix)}


def save_state(path: Path, standing: Standing, parts: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Write the state: tensors by part and name, on any device."""
    tensors = {
        f"{part}.{name}": tensor.detach().cpu().contiguous().clone()
        for part, named in parts.items()
        for name, tensor in named.items()
    }
    write_file(path, save(tensors, metadata={"run": json.dumps(asdict(standing))}))


def load_state(path: Path) -> RunState | None:
    """Read a state, or ``None`` if there is none.

    Raises:
        CheckpointError: the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            standing = Standing(**json.loads(file.metadata()["run"]))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        best = None if standing.best is None else Best(**standing.best)  # type: ignore[arg-type]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"the training state {path} is damaged: {error}", f"delete {path} to begin the stage again"
        ) from error
    return RunState(replace(standing, best=best), tensors)
