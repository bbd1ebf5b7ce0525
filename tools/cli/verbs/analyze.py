"""``skipstone analyze``: what a model is, needs and will cost, before any compiler runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: [bold]skipstone analyze model.tflite --board mps2-an386 --picture arena.png[/]"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("analyze", epilog=EXAMPLE)(analyze_model)


def analyze_model(
    model: Annotated[Path, typer.Argument(help="A quantized .tflite.")],
    board: Annotated[
        str, typer.Option("--board", "-b", help="Board whose kernels and memory count: name or folder.")
    ] = "mps2-an386",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write everything as JSON.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write a picture of the arena over time (.png, .svg or .pdf).")
    ] = None,
) -> None:
    """Show operators, MACs, weights, state, arena, predicted instructions, gated blocks, and where it fits.

    Instructions are modelled: predicted from costs of kernels counted on virtual boards. The command
    ends with exit code 1 where codegen does not support the model; every reason is named with what to do.
    """
    import json

    from rich.console import Console
    from skipstone.firmware.codegen.boards import board_names, load_board
    from skipstone.firmware.codegen.errors import UnsupportedModelError
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.tflite.reader import read_file_bytes
    from skipstone.tools.analyze.analysis import analyze
    from skipstone.tools.analyze.picture import draw_arena
    from skipstone.tools.analyze.show import analysis_tables

    target = load_board(board)
    others = tuple(load_board(name) for name in board_names() if name != target.name)
    analysis = analyze(read_file_bytes(model), model.stem, target, boards=(target, *others))
    if json_file is not None:
        write_file(json_file, json.dumps(analysis.as_dict(), indent=1, ensure_ascii=False) + "\n")
    Console().print(analysis_tables(analysis))
    if not analysis.is_supported:
        raise UnsupportedModelError(model.name, list(analysis.findings))
    if picture is not None:
        draw_arena(analysis, picture)
