"""Flash a real board by pyOCD (extra ``probe``): any CMSIS-DAP, ST-Link or J-Link probe."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from skipstone.firmware.codegen.boards import Board
from skipstone.tools.flash.errors import FlashError
from skipstone.tools.flash.flasher import Flasher, FlashResult, Progress, no_progress
from skipstone.tools.flash.image import read_firmware


class PyocdFlasher(Flasher):
    """Shell out to ``pyocd load``, which erases, writes, verifies and resets.

    Args:
        board: what the image is checked against.
        target: pyOCD's name of the part (``[flash] target`` in board.toml).
        probe: unique identifier of the probe, needed when several are connected.
    """

    def __init__(self, board: Board, target: str, probe: str | None = None) -> None:
        self._board = board
        self._target = target
        self._probe = probe

    def command(self, elf: Path) -> list[str]:
        """The command line of pyOCD."""
        beside = Path(sys.executable).with_name("pyocd")
        pyocd = str(beside) if beside.exists() else shutil.which("pyocd")
        if pyocd is None:
            raise FlashError("pyocd is not installed", "pip install 'skipstone[probe]'")
        command = [pyocd, "load", "--target", self._target, "--format", "elf", "--no-config"]
        if self._probe is not None:
            command += ["--probe", self._probe]
        return [*command, str(elf)]

    def flash(self, elf: Path, progress: Progress = no_progress) -> FlashResult:
        """Write, verify, reset, run."""
        started = time.monotonic()
        image = read_firmware(elf, self._board)
        progress("write", 0, image.total_bytes)
        result = subprocess.run(self.command(elf), capture_output=True, text=True, check=False)
        if result.returncode != 0:
            lines = (result.stderr or result.stdout).strip().splitlines() or ["no message"]
            raise FlashError(
                f"pyocd load: {lines[-1]}", "`pyocd list` shows connected probes, `pyocd pack` known parts"
            )
        progress("write", image.total_bytes, image.total_bytes)
        return FlashResult("pyocd", image.total_bytes, True, time.monotonic() - started)
