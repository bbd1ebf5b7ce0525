"""``skipstone evaluate``: word error rate and compute fraction of a .tflite in stock TFLM."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.table import Table
    from skipstone.quantize.evaluation.evaluate import Evaluation

EXAMPLE = "Example: [bold]skipstone evaluate digits.tflite test.jsonl --gates all --json all.json[/]"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("evaluate", epilog=EXAMPLE)(evaluate_model)


def evaluate_model(
    model: Annotated[Path, typer.Argument(help="A .tflite that skipstone convert wrote.")],
    manifest: Annotated[Path, typer.Argument(help="JSONL manifest: audio, text, duration.")],
    gates: Annotated[
        Literal["arbitrator", "all", "none"], typer.Option("--gates", help="What decides which blocks run.")
    ] = "arbitrator",
    threshold_offset: Annotated[
        int,
        typer.Option("--threshold-offset", min=-128, max=127, help="The dial: negative skips more."),
    ] = 0,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Stop after so many utterances.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all results as JSON.")] = None,
) -> None:
    """Measure word error rate and compute fraction over a manifest, in TFLM's reference kernels."""
    import json

    from rich.console import Console
    from rich.progress import track
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.corpora.manifest import read_manifest
    from skipstone.quantize.evaluation.evaluate import Evaluation, evaluate
    from skipstone.quantize.evaluation.tflm import TflmRunner
    from skipstone.quantize.integer.interpreter import IntegerInterpreter
    from skipstone.quantize.tflite.reader import read_file_bytes

    data = read_file_bytes(model)
    IntegerInterpreter(data)  # refuses impossible operands, with which TFLM would crash
    runner = TflmRunner(data)
    utterances = read_manifest(manifest)[:limit]
    console = Console()
    results = evaluate(runner, utterances, gates, threshold_offset)
    rows = list(track(results, "evaluating", total=len(utterances), console=Console(stderr=True)))
    evaluation = Evaluation.of(rows, gates, threshold_offset)
    if json_file is not None:
        write_file(json_file, json.dumps(evaluation.as_dict(), indent=1, ensure_ascii=False) + "\n")
    console.print(_table(evaluation, model.name))


def _table(evaluation: Evaluation, title: str) -> Table:
    from rich.table import Table

    table = Table(title=f"{title}, gates: {evaluation.gates}", title_justify="left", show_header=False)
    table.add_column("measure")
    table.add_column("value", justify="right")
    rows = evaluation.utterances
    table.add_row("utterances", f"{len(rows)}")
    table.add_row("words", f"{sum(row.words for row in rows):,}")
    table.add_row("word error rate", f"{100 * evaluation.word_error_rate:.2f} %")
    table.add_row("compute fraction (MACs)", f"{evaluation.compute_fraction:.4f}")
    if evaluation.threshold_offset:
        table.add_row("threshold offset", f"{evaluation.threshold_offset}")
    return table
