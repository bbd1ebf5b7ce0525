"""Virtual boards start, stop, survive their host program and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from skipstone.firmware.codegen.boards import load_board
from skipstone.tools import virtual
from skipstone.tools.flash import FlashError, flash
from skipstone.tools.virtual import emulator, lifecycle

from .conftest import BOARDS, ask

BOARD = "mps2-an386"


def test_stop_ends_both_processes_and_removes_the_state(test_firmware: Callable[..., Path]) -> None:
    board = virtual.start(BOARD, test_firmware(BOARD))
    assert board.alive()
    assert virtual.stop(BOARD)
    assert not board.process.alive()
    assert not board.bridge.alive()
    assert not board.folder.exists()
    assert not virtual.stop(BOARD)


def test_start_finds_a_running_board(test_firmware: Callable[..., Path]) -> None:
    first = virtual.start(BOARD, test_firmware(BOARD))
    assert virtual.start(BOARD).pid == first.pid
    assert [state.name for state in virtual.running()] == [BOARD]


def test_a_board_outlives_the_program_that_started_it(own_boards_folder: Path) -> None:
    script = f"from skipstone.tools import virtual; print(virtual.start({BOARD!r}).pid)"
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(own_boards_folder)}
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    assert virtual.find(BOARD).pid == int(result.stdout)


@pytest.mark.parametrize("victim", ["process", "bridge"])
def test_a_stale_state_is_cleaned(victim: str, test_firmware: Callable[..., Path]) -> None:
    """When QEMU or socat died, the board counts as stopped and the next start works."""
    dead = virtual.start(BOARD, test_firmware(BOARD))
    os.kill(getattr(dead, victim).pid, signal.SIGKILL)
    while getattr(dead, victim).alive():
        time.sleep(0.01)
    with pytest.raises(virtual.VirtualBoardError, match="not running"):
        virtual.find(BOARD)
    fresh = virtual.start(BOARD, test_firmware(BOARD))
    assert ask(fresh.port, "h") == [1]
    assert not dead.process.alive()
    assert not dead.bridge.alive()


def test_boards_start_in_parallel(test_firmware: Callable[..., Path]) -> None:
    images = {name: test_firmware(name) for name in BOARDS}
    threads = [threading.Thread(target=virtual.start, args=item) for item in images.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [ask(virtual.find(name).port, "h") for name in BOARDS] == [[1]] * len(BOARDS)


def test_two_starts_of_one_board_make_one_board() -> None:
    found = []
    threads = [threading.Thread(target=lambda: found.append(virtual.start(BOARD).pid)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_the_port_can_be_reopened_at_once(test_firmware: Callable[..., Path]) -> None:
    board = virtual.start(BOARD, test_firmware(BOARD))
    for _ in range(20):
        assert ask(board.port, "h") == [1]


def test_a_failed_flash_leaves_no_new_board(test_firmware: Callable[..., Path]) -> None:
    with pytest.raises(FlashError, match=r"Armv8\.1-M"):
        virtual.start(BOARD, test_firmware("mps3-an547"))
    assert not virtual.running()


def test_a_missing_emulator_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator.shutil, "which", lambda _: None)
    with pytest.raises(virtual.VirtualBoardError, match="qemu-system-arm is not installed") as caught:
        virtual.start(BOARD)
    assert "apt-get install" in caught.value.remedy
    assert not virtual.running()


def test_an_emulator_that_stops_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "machine_of", lambda _: "no-such-machine")
    with pytest.raises(virtual.VirtualBoardError, match="unsupported machine type"):
        virtual.start(BOARD)
    assert not virtual.running()


def test_a_board_without_twin_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = load_board(BOARD).model_copy(update={"virtual": None})
    with pytest.raises(virtual.VirtualBoardError, match="no virtual twin"):
        virtual.machine_of(real)


def test_flash_of_a_stopped_board_says_so(test_firmware: Callable[..., Path]) -> None:
    with pytest.raises(virtual.VirtualBoardError, match="not running") as caught:
        flash(BOARD, test_firmware(BOARD))
    assert caught.value.remedy == f"skipstone board start {BOARD}"
