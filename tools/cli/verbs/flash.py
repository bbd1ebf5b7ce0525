"""``skipstone flash``: put firmware on a board and let it run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

EXAMPLE = "Example: [bold]skipstone flash --board mps2-an386 firmware.elf[/]"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""

    @app.command(epilog=EXAMPLE)
    def flash(
        elf: Annotated[Path, typer.Argument(help="Firmware that `skipstone build` wrote.")],
        board: Annotated[str, typer.Option(help="Board name, or path of a board folder.")],
        method: Annotated[str | None, typer.Option(help="One of the board's [flash] methods.")] = None,
        probe: Annotated[str | None, typer.Option(help="Unique ID of the debug probe (pyocd).")] = None,
    ) -> None:
        """Flash firmware, verify it, reset the board. A virtual board is started if it does not run."""
        from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
        from skipstone.firmware.codegen.boards import load_board
        from skipstone.tools import virtual
        from skipstone.tools.flash import flash as flash_board
        from skipstone.tools.flash.select import VIRTUAL_METHODS

        known = load_board(board)
        if (method or known.flash.methods[0]) in VIRTUAL_METHODS:
            virtual.start(known)
        columns = (TextColumn("{task.description:>6}"), BarColumn(), DownloadColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            phases: dict[str, TaskID] = {}

            def show(phase: str, done: int, total: int) -> None:
                if phase not in phases:
                    phases[phase] = bar.add_task(phase, total=total)
                bar.update(phases[phase], completed=done)

            result = flash_board(known, elf, method, show, probe)
        verified = "verified" if result.verified else "not verified"
        written = f"{result.written_bytes:,} bytes by {result.method} in {result.seconds:.2f} s"
        Console().print(f"{known.name}: {written}, {verified}")
