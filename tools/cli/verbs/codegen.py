"""``skipstone codegen``: .tflite → C for one board."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.progress import Progress
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
    npu: Annotated[
        str | None,
        typer.Option(help="Run blocks as jobs of this NPU, such as ethos-u55-128 (needs skipstone[npu])."),
    ] = None,
    npu_min_macs: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="Jobs of fewer MACs stay on the CPU [default: by the cost rule]."
        ),
    ] = None,
    npu_leave: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="A kind of operator that stays on the CPU (repeatable)."),
    ] = None,
    npu_strict: Annotated[
        bool,
        typer.Option("--npu-strict", help="Refuse a model of which the CPU would compute more than gates."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no table.")] = False,
) -> None:
    """Generate readable C from a .tflite: one function a block, memory planned, weights packed for the board.

    The same model and board give the same bytes. What has no C is named in full before anything is written,
    and so is every operator that an NPU leaves to the CPU.
    """
    from rich.console import Console
    from skipstone.firmware.codegen.boards import load_board
    from skipstone.firmware.codegen.export.library import export_library
    from skipstone.firmware.codegen.generate import generate
    from skipstone.tools.npu.settings import npu_settings

    target = load_board(board)
    if npu is None and (npu_min_macs is not None or npu_leave or npu_strict):
        raise typer.BadParameter("name the accelerator, such as --npu ethos-u55-128", param_hint="--npu")
    if npu is not None and export is Export.LIB:
        raise typer.BadParameter("an exported library runs on the CPU alone", param_hint="--npu")
    if export is Export.LIB:
        generated = export_library(model, target, output, grammar)
    elif npu is not None:
        with _waiting(f"compiling for {npu}"):
            settings = npu_settings(target, npu, npu_min_macs, npu_strict, npu_leave or ())
            generated = generate(model, target, output, grammar, settings)
    else:
        generated = generate(model, target, output, grammar)
    if not quiet:
        Console().print(_summary(generated, target, output))


def _waiting(what: str) -> Progress:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    progress.add_task(what)
    return progress


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
        *_npu_rows(generated, board),
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


def _npu_rows(generated: Generated, board: Board) -> list[tuple[str, str]]:
    from skipstone.firmware.codegen.npu.accelerator import missing_on

    partition = generated.model.npu
    if partition is None:
        return []
    settings, jobs = partition.settings, partition.jobs
    macs = sum(job.macs for job in jobs)
    streams, constants = sum(job.words.nbytes for job in jobs), sum(job.constants.nbytes for job in jobs)
    checked = (
        "equal to TFLM on the model" if settings.check is not None else "no model: not compared with TFLM"
    )
    lines = [
        f"{len(jobs)} jobs, {macs:,} MACs; {streams:,} bytes of streams, {constants:,} of weights; {checked}",
        f"{sum(job.cycles for job in jobs):,} cycles with all gates open "
        f"(estimated, {settings.accelerator.system}, {settings.accelerator.memory_mode})",
    ]
    absent = missing_on(board, settings.accelerator)
    if absent is not None:
        lines.append(f"{absent}: `skipstone build` will refuse this code")
    left = [str(operator) for operator in partition.left]
    rows = [(settings.accelerator.name, "\n".join(lines))]
    return [*rows, ("on the CPU", "\n".join(left))] if left else rows


def _share(used: int, available: int) -> str:
    return f"{100 * used / available:.1f} % of the board's"
