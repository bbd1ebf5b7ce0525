"""Several processes that train together, as ``torchrun`` starts them; one process needs none of this."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import torch
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.training.batches import Part
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

PATIENCE = timedelta(hours=6)
"""How long a process waits for the others, for instance while the first one computes features."""


class DeviceError(SkipstoneError):
    """The wanted device does not exist."""


@dataclass(frozen=True)
class Processes:
    """This process among those that train together.

    Attributes:
        rank: of this process, from 0; rank 0 alone writes files and shows progress.
        size: processes in all.
        device: of this process.
    """

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    @property
    def part(self) -> Part:
        """This process's part of each batch."""
        return Part(self.rank, self.size)

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.size > 1:
            distributed.barrier()

    def replicate(self, network: nn.Module) -> nn.Module:
        """``network`` with gradients averaged over the processes in ``backward`` (DistributedDataParallel);
        every parameter that requires a gradient must have a part in the loss.

        Normalization statistics are over the whole batch (see
        :class:`skipstone.quantize.models.normalization.StepBatchNorm`), so buffers are equal everywhere.
        """
        if self.size == 1:
            return network
        return DistributedDataParallel(network, forward_sync_buffers=False)

    def total(self, values: Tensor) -> Tensor:
        """Sum over the processes, element by element; no gradients."""
        total = values.detach().clone()
        if self.size > 1:
            distributed.all_reduce(total)
        return total


@contextmanager
def processes(device: str = "auto") -> Iterator[Processes]:
    """Join the processes that ``torchrun`` started, or be the only one.

    Args:
        device: ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``cuda:1``.

    Raises:
        DeviceError: no such device.
    """
    rank, size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    chosen = choose_device(device, int(os.environ.get("LOCAL_RANK", "0")))
    if size == 1:
        yield Processes(device=chosen)
        return
    backend = "nccl" if chosen.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)
    try:
        yield Processes(rank, size, chosen)
    finally:
        distributed.destroy_process_group()


def choose_device(name: str, local_rank: int = 0) -> torch.device:
    """The device called ``name``; of several GPUs each local process takes its own.

    Raises:
        DeviceError: as :func:`processes`.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"'{name}' is no device", "use auto, cpu, cuda or cuda:1") from error
    if device.type not in ("cpu", "cuda"):
        raise DeviceError(f"training on '{name}' is not supported", "use auto, cpu, cuda or cuda:1")
    if device.type == "cpu":
        return device
    index = local_rank if device.index is None else device.index
    if index >= torch.cuda.device_count():
        raise DeviceError(
            f"there is no GPU {index}: PyTorch sees {torch.cuda.device_count()}",
            "use --device cpu, fewer processes, or a PyTorch build with CUDA",
        )
    torch.cuda.set_device(index)
    return torch.device("cuda", index)
