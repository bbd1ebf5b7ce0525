"""Choose how to flash a board by the methods its board.toml lists."""

from __future__ import annotations

from pathlib import Path

from skipstone.firmware.codegen.boards import Board, load_board
from skipstone.tools.flash.errors import FlashError
from skipstone.tools.flash.flasher import Flasher, FlashResult, Progress, no_progress
from skipstone.tools.flash.gdb import GdbFlasher
from skipstone.tools.flash.pyocd import PyocdFlasher
from skipstone.tools.virtual import find, publish_image, running

VIRTUAL_METHODS = ("virtual", "gdb")


def flasher_for(board: Board, method: str | None = None, probe: str | None = None) -> Flasher:
    """The flasher of ``board``: ``method``, or the first usable one that its board.toml lists.

    A board that exists both as hardware and as a virtual board is flashed as the latter while that runs.

    Raises:
        FlashError: the board does not offer the method, or no such method is known.
        VirtualBoardError: the board is virtual and does not run.
    """
    methods = board.flash.methods
    chosen = method or _default_method(board)
    if chosen not in methods:
        raise FlashError(
            f"board '{board.name}' cannot be flashed by '{chosen}'",
            f"use one of: {', '.join(methods) or 'none'}",
        )
    if chosen in VIRTUAL_METHODS:
        return GdbFlasher(
            board, find(board.name).gdb_port, lambda elf: publish_image(board.name, elf, board.core)
        )
    if chosen == "pyocd":
        return PyocdFlasher(board, board.flash.target or board.core, probe)
    raise FlashError(
        f"unknown flash method '{chosen}' in board '{board.name}'", "known methods: virtual, gdb, pyocd"
    )


def _default_method(board: Board) -> str:
    for method in board.flash.methods:
        if method not in VIRTUAL_METHODS or board.name in {state.name for state in running()}:
            return method
    return board.flash.methods[0]


def flash(
    board: Board | str,
    elf: Path,
    method: str | None = None,
    progress: Progress = no_progress,
    probe: str | None = None,
) -> FlashResult:
    """Put ``elf`` on ``board`` and let it run.

    Raises:
        FlashError: the image does not suit the board, or writing or verification fails.
        VirtualBoardError: the board is virtual and does not run.
    """
    known = load_board(board) if isinstance(board, str) else board
    return flasher_for(known, method, probe).flash(elf, progress)
