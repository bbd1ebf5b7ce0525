"""Flash over a debug port while the board is up."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from skipstone.firmware.codegen.boards import Board
from skipstone.tools.flash.errors import FlashError
from skipstone.tools.flash.flasher import Flasher, FlashResult, Progress, no_progress
from skipstone.tools.flash.image import FirmwareImage, read_firmware
from skipstone.tools.flash.rsp import PROGRAM_COUNTER, STACK_POINTER, GdbRemote

RESET_SECONDS = 5.0
NOWHERE = 0xFFFFFF00


class GdbFlasher(Flasher):
    """Load an ELF through the debug server of a board.

    Args:
        board: what the image is checked against.
        port: TCP port of the server.
        before_run: called with the ELF when it is in memory and verified, before the core leaves reset.
    """

    def __init__(self, board: Board, port: int, before_run: Callable[[Path], None] = lambda _: None) -> None:
        self._board = board
        self._port = port
        self._before_run = before_run

    def flash(self, elf: Path, progress: Progress = no_progress) -> FlashResult:
        """Write, verify, reset, run. After an error the core stays halted: it never runs half an image."""
        started = time.monotonic()
        image = read_firmware(elf, self._board)
        with GdbRemote(self._port) as remote:
            _write(remote, image, progress)
            _verify(remote, image, progress)
            self._before_run(elf)
            _reset(remote, image)
            remote.detach()
        return FlashResult("gdb", image.total_bytes, True, time.monotonic() - started)


def _write(remote: GdbRemote, image: FirmwareImage, progress: Progress) -> None:
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress("write", done, image.total_bytes)

    for segment in image.segments:
        remote.write(segment.address, segment.data, advance)


def _verify(remote: GdbRemote, image: FirmwareImage, progress: Progress) -> None:
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress("verify", done, image.total_bytes)

    for segment in image.segments:
        read = remote.read(segment.address, len(segment.data), advance)
        if read != segment.data:
            offset = next(i for i, (a, b) in enumerate(zip(read, segment.data, strict=True)) if a != b)
            raise FlashError(
                f"verification failed at 0x{segment.address + offset:08x}: "
                f"0x{read[offset]:02x} instead of 0x{segment.data[offset]:02x}",
                "check the memory table of board.toml: that address does not keep what is written",
            )


def _reset(remote: GdbRemote, image: FirmwareImage) -> None:
    """Reset the whole board; the reset is over when the core stands at the image's first instruction."""
    remote.set_register(PROGRAM_COUNTER, NOWHERE)
    remote.monitor("system_reset")
    deadline = time.monotonic() + RESET_SECONDS
    while remote.register(PROGRAM_COUNTER) != image.reset_handler:
        if time.monotonic() > deadline:
            raise FlashError(
                f"the core does not come out of reset at 0x{image.reset_handler:08x}",
                "check that the image's vector table stands where the core looks for it",
            )
        time.sleep(0.002)
    if remote.register(STACK_POINTER) != image.stack_pointer & ~3:
        raise FlashError(
            "the core did not load the image's stack pointer", "restart the board and flash again"
        )
