"""``skipstone codegen``: .tflite → C for one board."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table
    from skipstone.firmware.codegen.boards import Board
    from skipstone.firmware.codegen.generate import Generated

EXAMPLE = (
    "Example: [bold]skipstone codegen model.tflite --board mps2-an386 -o build/model[/]   ·   "
    "a library for your own firmware: [bold]--export lib[/]"
)


class Export(StrEnum):
    """What the folder is made for."""

    LIB = "lib"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("codegen", epilog=EXAMPLE)(generate_code)


def generate_code(
    model: Annotated[Path, typer.Argument(help="An int8 .tflite with static shapes.")],
    board: Annotated[
        str, typer.Option("--board", "-b", help="Name of a board, or a folder with board.toml.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write; it is replaced.")],
    grammar: Annotated[
        Path | None, typer.Option("--grammar", "-g", help="Grammar file: the firmware decodes its intents.")
    ] = None,
    export: Annotated[
        Export | None,
        typer.Option(
            "--export", help="lib: a C library with CMake, PlatformIO and an example, without Skipstone."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no table.")] = False,
) -> None:
    """Generate readable C from a .tflite: one function a block, memory planned, weights packed for the board.

    The same model and board give the same bytes. What has no C is named in full before anything is written.
    """
    from rich.console import Console
    from skipstone.firmware.codegen.boards import load_board
    from skipstone.firmware.codegen.export.library import export_library
    from skipstone.firmware.codegen.generate import generate

    target = load_board(board)
    make = export_library if export is Export.LIB else generate
    generated = make(model, target, output, grammar)
    if not quiet:
        Console().print(_summary(generated, target, output))


def _summary(generated: Generated, board: Board, output: Path) -> Table:
    from rich.table import Table

    model, facts = generated.model, generated.model.facts
    table = Table(
        title=f"{facts.name} for {board.name} ({board.core})", show_header=False, title_justify="left"
    )
    kernels = sorted({kernel.kernel for kernel in model.selection.values()})
    bound = model.arena.lower_bound_bytes
    ram = model.arena.bytes + model.state.bytes
    block_macs = sum(block.macs for block in facts.blocks)
    rows = [
        ("blocks", f"{len(facts.blocks)}, {block_macs:,} MACs with all gates open"),
        ("always", f"{facts.fixed_macs:,} MACs, arbitrators {facts.arbitrator_macs:,}"),
        (
            "flash",
            f"{facts.weight_bytes:,} bytes of weights ({_share(facts.weight_bytes, board.flash_bytes)})",
        ),
        ("arena", f"{model.arena.bytes:,} bytes (lower bound {bound:,})"),
        ("state", f"{model.state.bytes:,} bytes in {len(model.program.states)} states"),
        ("RAM", f"{ram:,} bytes ({_share(ram, board.ram_bytes)})"),
        *_grammar_rows(generated),
        ("kernels", "\n".join(kernels)),
        ("files", f"{output}: {', '.join(sorted(generated.files))}"),
    ]
    for row in rows:
        table.add_row(*row)
    return table


def _grammar_rows(generated: Generated) -> list[tuple[str, str]]:
    import json

    grammar = json.loads(generated.files["codegen.json"]).get("grammar")
    if grammar is None:
        return []
    sizes = f"{grammar['states']} states, {grammar['arcs']} arcs"
    memory = f"{grammar['working_bytes']:,} bytes of RAM, {grammar['table_bytes']:,} of flash"
    return [("grammar", f"{sizes}, {memory}")]


def _share(used: int, available: int) -> str:
    return f"{100 * used / available:.1f} % of the board's"
