"""``skipstone convert``: QAT checkpoint → int8 .tflite with gated blocks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: [bold]skipstone convert runs/digits/checkpoint -o digits.tflite[/]"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("convert", epilog=EXAMPLE)(convert_checkpoint)


def convert_checkpoint(
    checkpoint: Annotated[Path, typer.Argument(help="Folder with model.toml and weights.safetensors.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .tflite to write.")],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no table.")] = False,
) -> None:
    """Convert a QAT checkpoint to an int8 .tflite that stock TFLM runs, blocks skipped by IF.

    The same checkpoint gives the same bytes. Needs no torch.
    """
    from rich.console import Console
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.convert.checkpoint import read_checkpoint
    from skipstone.quantize.convert.network import convert
    from skipstone.quantize.convert.summary import summary_table

    data = convert(read_checkpoint(checkpoint))
    write_file(output, data)
    if not quiet:
        Console().print(summary_table(data, output.name))
