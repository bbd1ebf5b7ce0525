"""``skipstone latency``: how long after a word was said a board writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = (
    "Example: [bold]skipstone corpus align dev.jsonl -o timed.jsonl[/], then "
    "[bold]skipstone latency model.tflite timed.jsonl --board mps2-an386[/]"
)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("latency", epilog=EXAMPLE)(latency)


def latency(
    model: Annotated[Path, typer.Argument(help="A .tflite that skipstone convert wrote.")],
    manifest: Annotated[Path, typer.Argument(help="Manifest with word times (skipstone corpus align).")],
    board: Annotated[str, typer.Option(help="Board name or folder.")],
    port: Annotated[str | None, typer.Option(help="Serial port of a real board.")] = None,
    work: Annotated[Path, typer.Option(help="Folder for generated C and firmware.")] = Path("build/latency"),
    limit: Annotated[int | None, typer.Option(min=1, help="Use at most so many utterances.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all delays as JSON.")] = None,
) -> None:
    """Build, flash, stream timed clips, and print delays from word end to emission, gated and dense.

    The delay ends with the step that wrote the word, when its audio is complete; the compute time of that
    step on the board is a figure of its own. Words are matched by an alignment with the fewest edits; only
    recognised words count.
    """
    import json

    from rich.console import Console
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.corpora.manifest import read_manifest
    from skipstone.tools.latency import latency_table, record_latency
    from skipstone.tools.run.progress import run_progress

    utterances = read_manifest(manifest)[:limit]
    with run_progress(Console(stderr=True)) as progress:
        record = record_latency(model, utterances, board, work / model.stem, progress, port)
    if json_file is not None:
        write_file(json_file, json.dumps(record.as_dict(), indent=1, ensure_ascii=False) + "\n")
    Console().print(latency_table(record.info, record.rows))
