"""The accelerators that Vela compiles for, and the system that its estimates assume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.npu.errors import NpuError


@dataclass(frozen=True)
class Accelerator:
    """One Ethos-U configuration.

    Attributes:
        name: as Vela's ``--accelerator-config``, such as ``ethos-u55-128``.
        system: section ``System_Config`` of Vela's own ``Arm/vela.ini`` that cycle estimates assume.
        memory_mode: section ``Memory_Mode`` of the same file: where estimates have the weights.
    """

    name: str
    system: str
    memory_mode: str = "Shared_Sram"

    @property
    def product(self) -> str:
        """``ethos-u55``, ``ethos-u65`` or ``ethos-u85``."""
        return self.name.rsplit("-", 1)[0]

    @property
    def macs_per_cycle(self) -> int:
        """Multiply-accumulates a cycle."""
        return int(self.name.rsplit("-", 1)[1])


_SYSTEMS: Mapping[str, tuple[str, tuple[int, ...]]] = MappingProxyType(
    {
        "ethos-u55": ("Ethos_U55_High_End_Embedded", (32, 64, 128, 256)),
        "ethos-u65": ("Ethos_U65_Embedded", (256, 512)),
        "ethos-u85": ("Ethos_U85_SYS_Flash_High", (128, 256, 512, 1024, 2048)),
    }
)

ACCELERATORS: Mapping[str, Accelerator] = MappingProxyType(
    {
        f"{product}-{macs}": Accelerator(f"{product}-{macs}", system)
        for product, (system, sizes) in _SYSTEMS.items()
        for macs in sizes
    }
)
"""By name, in Vela's order."""


def find_accelerator(name: str) -> Accelerator:
    """The accelerator called ``name``.

    Raises:
        NpuError: there is none.
    """
    if name not in ACCELERATORS:
        raise NpuError(f"there is no NPU '{name}'", f"use one of {', '.join(ACCELERATORS)}")
    return ACCELERATORS[name]


def accelerator_for(board: Board, name: str) -> Accelerator:
    """The same, with weights where ``board`` has them.

    Raises:
        NpuError: there is no such accelerator.
    """
    found = find_accelerator(name)
    return replace(found, memory_mode=board.npu.memory_mode) if board.npu is not None else found


def missing_on(board: Board, accelerator: Accelerator) -> str | None:
    """Why ``board`` cannot run streams of ``accelerator``; ``None`` where it can."""
    if board.npu is None:
        return f"{board.name} has no NPU"
    if board.npu.accelerator != accelerator.name:
        return f"{board.name} has an {board.npu.accelerator}"
    return None
