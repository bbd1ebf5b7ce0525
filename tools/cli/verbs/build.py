"""``skipstone build``: firmware from generated code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""

    @app.command(epilog="Example: skipstone build build/m4 --board mps2-an386 -o build/m4/firmware.elf")
    def build(
        folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output of `skipstone codegen`.")],
        board: Annotated[str, typer.Option("--board", help="Board name, or the path of a board folder.")],
        output: Annotated[Path, typer.Option("-o", "--output", help="The image to write.")] = Path(
            "firmware.elf"
        ),
    ) -> None:
        """Compile the serial application with a generated model for one board."""
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
        from skipstone.firmware.codegen.boards import load_board
        from skipstone.tools.build.firmware import build_firmware

        target = load_board(board)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            progress.add_task(f"compiling for {target.name}")
            built = build_firmware(folder, target, output)
        print(f"{built.elf}: {target.title}")
        for name, used, limit in (
            ("flash", built.flash, built.flash_limit),
            ("RAM", built.ram, built.ram_limit),
        ):
            print(f"  {name:5} {used:>9,} of {limit:>9,} bytes ({100 * used / limit:.1f} %)")
