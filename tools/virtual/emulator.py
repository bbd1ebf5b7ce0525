"""The two processes of a virtual board: QEMU, and socat that turns its UART into a pseudo terminal."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from skipstone.firmware.codegen.boards import Board
from skipstone.tools.virtual.errors import VirtualBoardError
from skipstone.tools.virtual.npu_device import npu_arguments
from skipstone.tools.virtual.plugin import plugin_library
from skipstone.tools.virtual.state import ProcessId, VirtualBoard

COST_FILE = "costs.bin"
LOG_FILE = "qemu.log"
UART_SOCKET = "uart.sock"
"""Relative to the state folder, where both processes run: a socket's path has at most 107 bytes."""
LAUNCH_SECONDS = 10.0
LAUNCH_ATTEMPTS = 3


def program(name: str, package: str) -> str:
    """Path of a program that virtual boards need."""
    path = shutil.which(name)
    if path is None:
        raise VirtualBoardError(
            f"{name} is not installed; virtual boards need it", f"apt-get install {package}"
        )
    return path


def command_line(
    board: Board, machine: str, folder: Path, gdb_port: int, cpu: int, icount_shift: int | None = None
) -> list[str]:
    """QEMU's command line: no firmware yet, the core halted, UART 0 on a socket, counters and NPU loaded.

    Both threads of QEMU stay on one processor: they hand over at every byte of the UART, and waking a
    sleeping processor costs more than a switch on a busy one (``benchmarks/serial_link.py``: 2.4 times the
    steps a second).
    """
    qemu = program("qemu-system-arm", "qemu-system-arm")
    command = [program("taskset", "util-linux"), "--cpu-list", str(cpu), qemu, "-M", machine, "-S"]
    command += ["-display", "none", "-monitor", "none", "-parallel", "none"]
    command += ["-serial", f"unix:{UART_SOCKET},server=on,wait=on"]
    command += ["-gdb", f"tcp:127.0.0.1:{gdb_port}"]
    command += ["-plugin", f"{plugin_library()},costs={folder / COST_FILE}"]
    command += npu_arguments(board, folder)
    if icount_shift is not None:
        command += ["-icount", f"shift={icount_shift},sleep=off"]
    return command


def launch(
    board: Board, machine: str, folder: Path, cpu: int, icount_shift: int | None = None
) -> VirtualBoard:
    """Start both processes, QEMU on processor ``cpu``; another debug port is tried if the first is taken.

    Raises:
        VirtualBoardError: QEMU or socat is missing, or does not come up.
    """
    for attempt in range(LAUNCH_ATTEMPTS):
        gdb_port = _free_port()
        command = command_line(board, machine, folder, gdb_port, cpu, icount_shift)
        qemu = _spawn(command, folder / LOG_FILE)
        try:
            started = _connect(board.name, machine, folder, gdb_port, qemu)
            return replace(started, has_npu=board.npu is not None)
        except VirtualBoardError:
            ProcessId.of(qemu.pid).kill()
            taken = "Address already in use" in _log(folder)
            if not taken or attempt + 1 == LAUNCH_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _connect(
    name: str, machine: str, folder: Path, gdb_port: int, qemu: subprocess.Popen[bytes]
) -> VirtualBoard:
    port = folder / "tty"
    _wait((folder / UART_SOCKET).exists, qemu, folder)
    connect = f"UNIX-CONNECT:{UART_SOCKET},retry=100,interval=0.05"  # the name appears before QEMU listens
    bridge = _spawn([program("socat", "socat"), f"PTY,link={port},raw,echo=0", connect], folder / "socat.log")
    try:
        _wait(port.exists, qemu, folder)
        _wait(lambda: _listens(gdb_port), qemu, folder)
    except VirtualBoardError:
        ProcessId.of(bridge.pid).kill()
        raise
    return VirtualBoard(
        name, machine, port, gdb_port, ProcessId.of(qemu.pid), ProcessId.of(bridge.pid), folder
    )


def _spawn(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one: own session, no terminal, output to a file."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=log.parent,
        )


def _wait(ready: Callable[[], bool], qemu: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + LAUNCH_SECONDS
    while not ready():
        if qemu.poll() is not None:
            raise VirtualBoardError(
                f"qemu-system-arm stopped at once: {_log(folder) or 'no message'}",
                "run `skipstone doctor`; Debian 12's qemu-system-arm 7.2 is what the plugin is made for",
            )
        if time.monotonic() > deadline:
            raise VirtualBoardError(
                f"qemu-system-arm did not come up within {LAUNCH_SECONDS:.0f} s: {_log(folder)}",
                "try again on a less busy machine",
            )
        time.sleep(0.005)


def _log(folder: Path) -> str:
    try:
        return " ".join((folder / LOG_FILE).read_text(errors="replace").split())[-400:]
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    """Whether somebody listens on ``port``, by the kernel's table: a connection would halt the core."""
    wanted = f"0100007F:{port:04X}"
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(row.split()[1] == wanted and row.split()[3] == "0A" for row in rows)
