"""The NPU of a virtual board: how it is put there, what it counted, and what a test makes it do wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from skipstone.firmware.codegen.boards import Board
from skipstone.quantize.artefacts import write_file
from skipstone.tools.virtual.errors import VirtualBoardError
from skipstone.tools.virtual.plugin import npu_plugin_library
from skipstone.tools.virtual.state import VirtualBoard

COUNTS_FILE = "npu-counts.json"
INJECTION_FILE = "npu-inject"
_MODELLED = "ethos-u55"


class NpuInjection(StrEnum):
    """A fault of the next job, once."""

    MISSING_INTERRUPT = "missing-interrupt"
    """The job runs, its interrupt does not arrive."""
    HANG = "hang"
    """The job never ends."""
    BUS = "bus"
    """Its first read of memory fails."""
    ECC = "ecc"
    """It ends in an uncorrectable memory error."""
    RESET = "reset"
    """It never ends, and neither does the reset after it; the one after that does."""


@dataclass(frozen=True)
class NpuCounts:
    """What the NPU of a virtual board has done since the board was started, whatever firmware ran.

    Attributes:
        jobs: command streams started.
        faults: of them ended in a fault, or never.
        cycles: modelled, a lower bound (``tools/virtual/npu/registers.h``).
        operations: convolutions, poolings and element-wise operations executed.
        macs: multiply-accumulates executed, padding included.
        bytes_read, bytes_written: through its bus, command streams included.
        last_fault: of the last job, ``none`` where it ended well.
        last_offset: byte of the stream where it ended.
        last_text: what was wrong, for people.
    """

    jobs: int = 0
    faults: int = 0
    cycles: int = 0
    operations: int = 0
    macs: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    last_fault: str = "none"
    last_offset: int = 0
    last_text: str = ""


def npu_arguments(board: Board, folder: Path) -> list[str]:
    """QEMU's arguments that give ``board`` its NPU; none where it has none.

    Args:
        board: the board.
        folder: its state folder, where counts are written and injections are looked for.

    Raises:
        VirtualBoardError: the NPU is one that is not modelled.
        PluginError: the device does not compile.
    """
    npu = board.npu
    if npu is None:
        return []
    if not npu.accelerator.startswith(_MODELLED):
        raise VirtualBoardError(
            f"'{board.name}' has an {npu.accelerator}, of which there is no model",
            "remove [npu] from the virtual board's board.toml, or choose an ethos-u55",
        )
    regions = (board.memory[name] for name in npu.memory)
    reach = ":".join(f"{region.origin:#x}-{region.end - 1:#x}" for region in regions)
    options = (
        f"npu-base={npu.base:#x},npu-irq={npu.irq},npu-macs={npu.macs},npu-reach={reach},npu-folder={folder}"
    )
    return ["-plugin", f"{npu_plugin_library()},{options}"]


def parse_injection(name: str) -> NpuInjection:
    """The injection called ``name``.

    Raises:
        VirtualBoardError: there is none.
    """
    try:
        return NpuInjection(name)
    except ValueError:
        raise VirtualBoardError(
            f"the NPU has no fault '{name}'", f"use one of {', '.join(NpuInjection)}"
        ) from None


def inject_npu_fault(board: VirtualBoard, fault: NpuInjection) -> None:
    """Make the next job of ``board`` fail; a fault that is still waiting is replaced.

    Raises:
        VirtualBoardError: the board has no NPU.
    """
    _check_npu(board)
    write_file(board.folder / INJECTION_FILE, fault.value)


def npu_counts(board: VirtualBoard) -> NpuCounts:
    """What the NPU of ``board`` has done; zeros before its first job.

    Raises:
        VirtualBoardError: the board has no NPU, or the record cannot be read.
    """
    _check_npu(board)
    path = board.folder / COUNTS_FILE
    try:
        return NpuCounts(**json.loads(path.read_text()))
    except FileNotFoundError:
        return NpuCounts()
    except (OSError, ValueError, TypeError) as error:
        raise VirtualBoardError(
            f"{path}: {error}", f"skipstone board stop {board.name}, then start it"
        ) from error


def _check_npu(board: VirtualBoard) -> None:
    if not board.has_npu:
        raise VirtualBoardError(
            f"board '{board.name}' has no NPU", "choose one with an [npu] section, such as mps3-an547"
        )
