"""``skipstone board``: start, stop and list virtual boards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

EXAMPLE = "Example: [bold]skipstone board start mps2-an386[/] prints the port that `--port` takes"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    board = typer.Typer(help="Start, stop and list virtual boards.", no_args_is_help=True, epilog=EXAMPLE)
    app.add_typer(board, name="board")

    @board.command(epilog=EXAMPLE)
    def start(
        name: Annotated[str, typer.Argument(help="Board name, or path of a board folder.")],
        elf: Annotated[
            Path | None, typer.Argument(help="Firmware to flash; else the board stays blank.")
        ] = None,
    ) -> None:
        """Start a virtual board; it runs until it is stopped."""
        from skipstone.tools import virtual

        running = virtual.start(name, elf)
        state = f"runs {running.elf}" if running.elf else "is blank: flash it"
        Console().print(f"{running.name} {state}\nport  {running.port}\ndebug localhost:{running.gdb_port}")

    @board.command(
        epilog="Example: [bold]skipstone board stop mps2-an386[/]   ·   every board: [bold]--all[/]"
    )
    def stop(
        names: Annotated[list[str] | None, typer.Argument(help="Board names.")] = None,
        every: Annotated[bool, typer.Option("--all", help="Stop every virtual board.")] = False,
    ) -> None:
        """Stop virtual boards."""
        from skipstone.tools import virtual

        for name in [state.name for state in virtual.running()] if every else names or []:
            known = virtual.stop(name)
            Console().print(f"{name} {'stopped' if known else 'was not running'}")

    @board.command("list", epilog="Example: [bold]skipstone board list[/]")
    def list_boards() -> None:
        """Show every board, and where those that run can be reached."""
        Console().print(_board_table())


def _board_table() -> object:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from skipstone.firmware.codegen.boards import board_names, load_board
    from skipstone.tools import virtual

    states = {state.name: state for state in virtual.running()}
    table = Table(box=SIMPLE_HEAD)
    for heading in ("board", "core", "state", "port"):
        table.add_column(heading, no_wrap=True)
    for name in sorted({*board_names(), *states}):
        known = load_board(name) if name in board_names() else None
        state = states.get(name)
        where = ("running" if state.elf else "blank", str(state.port)) if state else ("–", "–")
        table.add_row(name, known.core if known else "–", *where)
    return table
