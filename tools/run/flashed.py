"""A board with firmware on it, for as long as it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from skipstone.firmware.codegen.boards import Board
from skipstone.tools import virtual
from skipstone.tools.device.client import Device
from skipstone.tools.device.session import open_device
from skipstone.tools.flash import flash


@contextmanager
def flashed(
    board: Board, elf: Path, port: str | None = None, flashing: AbstractContextManager[object] | None = None
) -> Iterator[Device]:
    """Flash ``board`` and open it. A virtual board that was not running before is stopped in the end.

    Args:
        board: virtual, or behind ``port``.
        elf: its firmware.
        port: serial port of a real board.
        flashing: entered while flashing, for instance to show it.

    Raises:
        SkipstoneError: the board cannot be flashed or does not answer.
    """
    is_virtual = port is None and board.virtual is not None
    started = is_virtual and board.name not in {running.name for running in virtual.running()}
    name = str(board.folder)
    try:
        with flashing or nullcontext():
            if is_virtual:
                virtual.start(name, elf)
            else:
                flash(board, elf)
        with open_device(name, port) as device:
            yield device
    finally:
        if started:
            virtual.stop(board.name)
