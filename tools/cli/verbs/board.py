"""``skipstone board``: start, stop and list virtual boards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from skipstone.tools.virtual import NpuCounts

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

    @board.command(epilog="Example: [bold]skipstone board npu mps3-an547 --inject missing-interrupt[/]")
    def npu(
        name: Annotated[str, typer.Argument(help="Name of a running virtual board.")],
        inject: Annotated[
            str | None,
            typer.Option(help="Fault of the next job: missing-interrupt, hang, bus, ecc or reset."),
        ] = None,
    ) -> None:
        """Show what the NPU of a virtual board has done, or make its next job fail."""
        from skipstone.tools import virtual

        running = virtual.find(name)
        if inject is None:
            Console().print(_npu_table(virtual.npu_counts(running)))
            return
        virtual.inject_npu_fault(running, virtual.parse_injection(inject))
        Console().print(f"{name}: the next job of the NPU fails ({inject})")

    @board.command("list", epilog="Example: [bold]skipstone board list[/]")
    def list_boards() -> None:
        """Show every board, and where those that run can be reached."""
        Console().print(_board_table())


def _npu_table(counts: NpuCounts) -> object:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, title="since the board was started", title_justify="left")
    for heading, justify in (("NPU", "left"), ("count", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    table.add_row("jobs", f"{counts.jobs:,}")
    table.add_row("of them failed", f"{counts.faults:,}")
    table.add_row("cycles (modelled, a lower bound)", f"{counts.cycles:,}")
    table.add_row("operations", f"{counts.operations:,}")
    table.add_row("multiply-accumulates", f"{counts.macs:,}")
    table.add_row("bytes read", f"{counts.bytes_read:,}")
    table.add_row("bytes written", f"{counts.bytes_written:,}")
    table.add_row("end of the last job", counts.last_text or counts.last_fault)
    return table


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
