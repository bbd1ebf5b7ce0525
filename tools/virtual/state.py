"""What is on disk of a running virtual board, and whether its processes still live."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from skipstone.quantize.artefacts import write_file
from skipstone.tools.virtual.errors import VirtualBoardError

STATE_FILE = "board.json"
STOP_SECONDS = 5.0


@dataclass(frozen=True)
class ProcessId:
    """A process that cannot be mistaken for a later one with the same number.

    Attributes:
        pid: process number.
        started: start time in clock ticks since boot (``/proc/PID/stat``, field 22).
    """

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """Identity of the live process ``pid``."""
        return cls(pid, _start_time(pid) or 0)

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return _start_time(self.pid) == self.started

    def kill(self) -> None:
        """End the process: SIGTERM, then SIGKILL after some seconds; returns when it is gone."""
        deadline = time.monotonic() + STOP_SECONDS
        send = signal.SIGTERM
        while self.alive():
            try:
                os.kill(self.pid, send)
                os.waitpid(self.pid, os.WNOHANG)
            except (ProcessLookupError, ChildProcessError):
                pass
            if time.monotonic() > deadline:
                send = signal.SIGKILL
            time.sleep(0.005)


def _start_time(pid: int) -> int | None:
    """Start time of ``pid``, or ``None`` when there is no such process or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


@dataclass(frozen=True)
class VirtualBoard:
    """A running virtual board.

    Attributes:
        name: name of the board.
        machine: QEMU machine.
        port: serial port, a link to a pseudo terminal; the name never changes.
        gdb_port: TCP port of the debug server on 127.0.0.1.
        process: QEMU.
        bridge: socat between QEMU's UART and the pseudo terminal.
        folder: state folder.
        elf: firmware loaded last, or ``None`` for a blank board (its core is halted until it is flashed).
        has_npu: whether its ``board.toml`` gave it an NPU.
    """

    name: str
    machine: str
    port: Path
    gdb_port: int
    process: ProcessId
    bridge: ProcessId
    folder: Path
    elf: Path | None = None
    has_npu: bool = False

    @property
    def pid(self) -> int:
        """Process number of QEMU."""
        return self.process.pid

    def alive(self) -> bool:
        """Whether both processes still run."""
        return self.process.alive() and self.bridge.alive()

    def save(self) -> None:
        """Write the state file."""
        write_file(self.folder / STATE_FILE, json.dumps(asdict(self), default=str, indent=1))


def boards_folder() -> Path:
    """``$XDG_RUNTIME_DIR/skipstone/boards`` or ``/tmp/skipstone/boards``; made if it is not there.

    Raises:
        VirtualBoardError: it belongs to another user or cannot be made.
    """
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    folder = base / "skipstone" / "boards"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.stat().st_uid != os.getuid():
            raise PermissionError(13, "it belongs to another user")
    except OSError as error:
        raise VirtualBoardError(
            f"cannot use the folder {folder}: {error.strerror}", "set XDG_RUNTIME_DIR to a folder of your own"
        ) from error
    return folder


@contextmanager
def board_lock(name: str) -> Iterator[None]:
    """Hold the lock of one board: starts and stops of it happen one after the other."""
    with (boards_folder() / f".{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def load_state(name: str) -> VirtualBoard | None:
    """The state written for ``name``, or ``None`` if there is none or it cannot be read."""
    folder = boards_folder() / name
    try:
        raw = json.loads((folder / STATE_FILE).read_text())
        return VirtualBoard(
            name=raw["name"],
            machine=raw["machine"],
            port=Path(raw["port"]),
            gdb_port=int(raw["gdb_port"]),
            process=ProcessId(**raw["process"]),
            bridge=ProcessId(**raw["bridge"]),
            folder=folder,
            elf=Path(raw["elf"]) if raw["elf"] else None,
            has_npu=bool(raw.get("has_npu", False)),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def discard(name: str) -> bool:
    """End what is left of ``name`` and remove its folder; ``True`` if it was running."""
    state = load_state(name)
    was_alive = state is not None and state.process.alive()
    if state is not None:
        state.process.kill()
        state.bridge.kill()
    shutil.rmtree(boards_folder() / name, ignore_errors=True)
    return was_alive
