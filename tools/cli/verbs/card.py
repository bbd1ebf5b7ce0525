"""``skipstone card``: the model card, its tables measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: [bold]skipstone card models/commands/card.toml -o models/commands/README.md[/]"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("card", epilog=EXAMPLE)(card)


def card(
    description: Annotated[Path, typer.Argument(help="card.toml: texts, and what to measure.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Markdown file to write.")],
) -> None:
    """Evaluate a model in stock TFLM, by cohort and domain, and write its card."""
    from rich.console import Console
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.tflite.reader import read_file_bytes
    from skipstone.tools.card.description import read_description
    from skipstone.tools.card.facts import measure, model_sizes, planned_utterances
    from skipstone.tools.card.render import render_card
    from skipstone.tools.run.progress import run_progress

    told, folder = read_description(description), description.parent
    data = read_file_bytes(folder / told.model)
    selected, measured = planned_utterances(told, folder), []
    with run_progress(Console(stderr=True)) as progress:
        with progress.stage("code for the boards"):
            sizes = model_sizes(data, Path(told.model).stem, told.boards)
        for plan, utterances in zip(told.evaluations, selected, strict=True):
            with progress.stage(plan.title, len(utterances) * len(plan.gates)) as advance:
                measured.append(measure(data, plan, utterances, advance))
    command = f"skipstone card {description.name} -o {output.name}"
    write_file(output, render_card(told, sizes, measured, command))
    typer.echo(f"{len(measured)} evaluations → {output}")
