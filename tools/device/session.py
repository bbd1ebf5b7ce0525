"""Open a device by board name or by port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skipstone.firmware.codegen.boards import Board, load_board
from skipstone.tools import virtual
from skipstone.tools.device.client import Device
from skipstone.tools.device.errors import DeviceError


@contextmanager
def open_device(board: str | Board | None = None, port: str | Path | None = None) -> Iterator[Device]:
    """Open the board behind ``port``, or the virtual board ``board``, and close it in the end.

    A virtual board that does not run is started; it must have been flashed (a fresh one is blank).

    Args:
        board: name, folder or record of a board; gives the baud rate, and the port of a virtual board.
        port: serial port of a real board.

    Raises:
        DeviceError: neither is given, the virtual board is blank, or the port cannot be opened.
        DeviceTimeoutError: nobody answers.
    """
    known = load_board(board) if isinstance(board, str) else board
    if port is None:
        if known is None:
            raise DeviceError("no board and no port", "pass --board NAME for a virtual board or --port PATH")
        port = _virtual_port(known)
    baud = known.uart.baud if known is not None else 115_200
    with Device(port, baud) as device:
        yield device


def _virtual_port(board: Board) -> Path:
    running = virtual.start(board)
    if running.elf is None:
        raise DeviceError(
            f"virtual board '{board.name}' is blank", f"skipstone flash --board {board.name} firmware.elf"
        )
    return running.port
