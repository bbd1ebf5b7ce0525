"""Start, stop and list virtual boards."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path

from skipstone.firmware.codegen.boards import Board, load_board
from skipstone.quantize.artefacts import write_file
from skipstone.tools.virtual.costs import cost_file
from skipstone.tools.virtual.emulator import COST_FILE, launch
from skipstone.tools.virtual.errors import VirtualBoardError
from skipstone.tools.virtual.state import VirtualBoard, board_lock, boards_folder, discard, load_state


def start(board: str | Board, elf: Path | None = None, *, icount_shift: int | None = None) -> VirtualBoard:
    """Start a virtual board, or find it running; then flash ``elf`` if one is given.

    Args:
        board: its name, the path of its folder, or its record.
        elf: firmware to flash over the debug port. Without it a fresh board is blank and its core halted.
        icount_shift: QEMU's own instruction counting, 2^shift ns an instruction (for cross-checks; slow).

    Raises:
        VirtualBoardError: not a virtual board, or the emulator does not come up.
        FlashError: the firmware does not suit the board.
    """
    known = load_board(board) if isinstance(board, str) else board
    machine = machine_of(known)
    with board_lock(known.name):
        running = load_state(known.name)
        if running is None or not running.alive():
            discard(known.name)
            running = _start_blank(known, machine, icount_shift)
    if elf is None:
        return running
    from skipstone.tools.flash import flash  # flashing builds on virtual boards, not the other way round

    try:
        flash(known, elf)
    except BaseException:
        if running.elf is None:
            stop(known.name)
        raise
    return find(known.name)


def _start_blank(board: Board, machine: str, icount_shift: int | None) -> VirtualBoard:
    folder = boards_folder() / board.name
    folder.mkdir(mode=0o700)
    try:
        started = launch(board, machine, folder, least_used_cpu(), icount_shift)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    started.save()
    return started


def least_used_cpu() -> int:
    """The processor that the fewest running boards are bound to, of those this process may use."""
    bound: Counter[int] = Counter()
    for board in running():
        with suppress(ProcessLookupError):  # it ended just now
            bound.update(os.sched_getaffinity(board.process.pid))
    return min(sorted(os.sched_getaffinity(0)), key=bound.__getitem__)


def machine_of(board: Board) -> str:
    """QEMU machine of ``board``.

    Raises:
        VirtualBoardError: the board exists only as hardware.
    """
    if board.virtual is None:
        raise VirtualBoardError(
            f"board '{board.name}' has no virtual twin (no virtual table in its board.toml)",
            "connect the hardware and pass --port, or choose a virtual board (`skipstone board list`)",
        )
    return board.virtual.machine


def find(name: str) -> VirtualBoard:
    """The running board ``name``.

    Raises:
        VirtualBoardError: it does not run.
    """
    state = load_state(name)
    if state is None or not state.alive():
        raise VirtualBoardError(f"board '{name}' is not running", f"skipstone board start {name}")
    return state


def running() -> list[VirtualBoard]:
    """Every running virtual board of this user, by name."""
    states = [load_state(folder.name) for folder in sorted(boards_folder().iterdir()) if folder.is_dir()]
    return [state for state in states if state is not None and state.alive()]


def stop(name: str) -> bool:
    """Stop the board ``name`` and remove its state; ``False`` if it did not run."""
    with board_lock(name):
        return discard(name)


def publish_image(name: str, elf: Path, core: str) -> None:
    """Tell the running board ``name`` which image it is about to run: its cost file and its state."""
    state = find(name)
    write_file(state.folder / COST_FILE, cost_file(elf, core).read_bytes())
    VirtualBoard(**{**vars(state), "elf": elf.resolve()}).save()
