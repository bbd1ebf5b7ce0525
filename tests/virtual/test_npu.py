"""The NPU of a virtual board: a device on its bus, its counts and its injected faults."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from skipstone.firmware.codegen.boards import load_board
from skipstone.tools import virtual
from skipstone.tools.flash.rsp import GdbRemote
from skipstone.tools.virtual.emulator import program
from skipstone.tools.virtual.npu_device import COUNTS_FILE, INJECTION_FILE, npu_arguments
from skipstone.tools.virtual.plugin import npu_plugin_library

from .conftest import BOARDS, ask

BOARD = "mps3-an547"
WITHOUT = "mps2-an386"


def test_boards_have_the_npu_of_their_board_file(tmp_path: Path) -> None:
    for name in BOARDS:
        board = load_board(name)
        arguments = " ".join(npu_arguments(board, tmp_path))
        assert bool(arguments) == (board.npu is not None)
        if board.npu is not None:
            assert f"npu-base={board.npu.base:#x}" in arguments
            assert f"npu-macs={board.npu.macs}" in arguments
            assert f"{board.memory['ram'].origin:#x}-" not in arguments, "no way to the core's own memory"


def test_an_npu_that_is_not_modelled_is_refused(tmp_path: Path) -> None:
    board = load_board(BOARD)
    assert board.npu is not None
    other = board.model_copy(update={"npu": board.npu.model_copy(update={"accelerator": "ethos-u65-256"})})
    with pytest.raises(virtual.VirtualBoardError, match="of which there is no model"):
        npu_arguments(other, tmp_path)


def test_the_debugger_sees_its_registers(test_firmware: Callable[..., Path]) -> None:
    """ID (architecture 1, Ethos-U55) and CONFIG (128 MACs a cycle, 24 KiB) at the address of board.toml."""
    running = virtual.start(BOARD, test_firmware(BOARD))
    npu = load_board(BOARD).npu
    assert npu is not None
    with GdbRemote(running.gdb_port) as remote:
        identity = int.from_bytes(remote.read(npu.base, 4), "little")
        config = int.from_bytes(remote.read(npu.base + 0x28, 4), "little")
    assert (identity >> 28, (identity >> 12) & 0xF) == (1, 4)
    assert config == 24 << 8 | 7


def test_a_fresh_npu_has_done_nothing() -> None:
    assert virtual.npu_counts(virtual.start(BOARD)) == virtual.NpuCounts()


def test_counts_that_cannot_be_read_are_an_error() -> None:
    running = virtual.start(BOARD)
    (running.folder / COUNTS_FILE).write_text("{")
    with pytest.raises(virtual.VirtualBoardError, match=COUNTS_FILE):
        virtual.npu_counts(running)


def test_an_injection_waits_for_the_next_job() -> None:
    running = virtual.start(BOARD)
    virtual.inject_npu_fault(running, virtual.NpuInjection.HANG)
    virtual.inject_npu_fault(running, virtual.NpuInjection.BUS)
    assert (running.folder / INJECTION_FILE).read_text() == "bus"


def test_a_board_without_an_npu_says_so(test_firmware: Callable[..., Path]) -> None:
    running = virtual.start(WITHOUT, test_firmware(WITHOUT))
    with pytest.raises(virtual.VirtualBoardError, match="has no NPU"):
        virtual.npu_counts(running)
    with pytest.raises(virtual.VirtualBoardError, match="has no NPU"):
        virtual.inject_npu_fault(running, virtual.NpuInjection.HANG)
    assert ask(running.port, "h") == [1]


def test_an_unknown_injection_is_refused() -> None:
    with pytest.raises(virtual.VirtualBoardError, match="no fault"):
        virtual.parse_injection("flood")


@pytest.mark.parametrize(
    "arguments",
    [
        "npu-base=0x58102000",
        "npu-base=0,npu-irq=56",
        "npu-base=x",
        "npu-irq=480",
        "npu-macs=100",
        "npu-reach=0x10-0x5",
        "npu-reach=0x0-0x5:",
        "npu-color=green",
        "npu",
    ],
)
def test_arguments_that_mean_nothing_stop_the_emulator(arguments: str) -> None:
    command = [program("qemu-system-arm", "qemu-system-arm"), "-M", BOARD, "-S", "-display", "none"]
    command += ["-monitor", "none", "-serial", "null", "-plugin", f"{npu_plugin_library()},{arguments}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0
    assert "skipstone NPU:" in done.stderr


def test_the_command_line_shows_counts_and_injects() -> None:
    running = virtual.start(BOARD)
    skipstone = [sys.executable, "-m", "skipstone.tools.cli.main", "board", "npu", BOARD]
    shown = subprocess.run(skipstone, capture_output=True, text=True, timeout=60, check=True)
    assert "jobs" in shown.stdout
    subprocess.run([*skipstone, "--inject", "ecc"], capture_output=True, timeout=60, check=True)
    assert (running.folder / INJECTION_FILE).read_text() == "ecc"
    refused = subprocess.run(
        [*skipstone, "--inject", "flood"], capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode != 0
    assert "flood" in refused.stderr
