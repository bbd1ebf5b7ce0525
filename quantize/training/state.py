"""The resumable state of a run: one safetensors file, written atomically after every epoch (no pickles)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.training.checkpoint import CheckpointError
from torch import Tensor, nn

_MODEL = "model."
_OPTIMIZER = "optimizer."


@dataclass(frozen=True)
class RunState:
    """Where a run stands: ``epoch`` epochs of ``stage`` are done, under the stage digest ``digest``."""

    stage: str
    epoch: int
    digest: str
    tensors: dict[str, Tensor]

    def restore(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Load weights and optimizer moments."""
        weights = {k.removeprefix(_MODEL): v for k, v in self.tensors.items() if k.startswith(_MODEL)}
        network.load_state_dict(weights)
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in self.tensors.items():
            if key.startswith(_OPTIMIZER):
                index, name = key.removeprefix(_OPTIMIZER).split(".")
                moments.setdefault(int(index), {})[name] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})


def save_state(
    path: Path, stage: str, epoch: int, digest: str, network: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Write the state of a run after ``epoch`` epochs of ``stage``."""
    tensors = {_MODEL + name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        for name, value in moments.items():
            tensors[f"{_OPTIMIZER}{index}.{name}"] = torch.as_tensor(value).contiguous()
    where = {"run": json.dumps({"stage": stage, "epoch": epoch, "digest": digest})}
    write_file(path, save(tensors, metadata=where))


def load_state(path: Path) -> RunState | None:
    """Read a state, or ``None`` if there is none.

    Raises:
        CheckpointError: the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            where = json.loads(file.metadata()["run"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"the training state {path} is damaged: {error}", f"delete {path} to begin the stage again"
        ) from error
    return RunState(where["stage"], where["epoch"], where["digest"], tensors)
