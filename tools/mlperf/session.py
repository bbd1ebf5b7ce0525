"""A board with benchmark firmware on it, for as long as it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skipstone.firmware.codegen.boards import Board
from skipstone.tools import virtual
from skipstone.tools.flash import flash
from skipstone.tools.mlperf.client import LINE_SECONDS, BenchmarkClient

VIRTUAL_LINE_SECONDS = 120.0
"""An emulated core may be far slower than the part; the benchmark's own runner waits ``LINE_SECONDS``."""


def time_kind(port: str | None) -> str:
    """``modelled`` for a virtual board, named or by its port, else ``measured``."""
    ports = {running.port.resolve() for running in virtual.running()}
    return "modelled" if port is None or Path(port).resolve() in ports else "measured"


@contextmanager
def benchmark_board(board: Board, elf: Path, baud: int, port: str | None = None) -> Iterator[BenchmarkClient]:
    """Flash ``board`` and open it. A virtual board that was not running before is stopped in the end.

    Args:
        board: virtual, or behind ``port``.
        elf: from ``build_benchmark``.
        baud: that of the image.
        port: serial port of a real board.

    Raises:
        SkipstoneError: the board cannot be flashed or does not answer.
    """
    if port is not None:
        flash(board, elf)
        with BenchmarkClient(port, baud, LINE_SECONDS) as client:
            yield client
        return
    started = board.name not in {running.name for running in virtual.running()}
    try:
        running = virtual.start(str(board.folder), elf)
        with BenchmarkClient(running.port, baud, VIRTUAL_LINE_SECONDS) as client:
            yield client
    finally:
        if started:
            virtual.stop(board.name)
