"""``skipstone evaluate``: word error rate and compute fraction of a .tflite in stock TFLM."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.table import Table
    from skipstone.quantize.evaluation.cohorts import Cohort
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
    idle_reset: Annotated[
        int | None,
        typer.Option(
            "--idle-reset",
            min=0,
            max=65535,
            help="Forget the stream after so many idle steps, 0: never. Default: what the model asks for.",
        ),
    ] = None,
    idle_blocks: Annotated[
        int | None,
        typer.Option(
            "--idle-blocks",
            min=0,
            help="A step is idle in which at most so many blocks ran. Default: what the model asks for.",
        ),
    ] = None,
    metric: Annotated[
        Literal["words", "intent"],
        typer.Option("--metric", help="Word error rate, or command acceptance with a grammar."),
    ] = "words",
    grammar: Annotated[
        Path | None,
        typer.Option("--grammar", "-g", help="For --metric intent; else grammar.toml beside the model."),
    ] = None,
    noise: Annotated[
        Path | None,
        typer.Option("--noise", help="Noise to add (manifest, folder or file), for --metric intent."),
    ] = None,
    snr: Annotated[
        str | None,
        typer.Option("--snr", help="Signal-to-noise ratios in dB, parted by commas; 6 to 24 by default."),
    ] = None,
    decoding: Annotated[
        Literal["logits", "words"],
        typer.Option("--decode", help="Search the grammar on the logits, or parse the greedy words."),
    ] = "logits",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the excerpts of noise.")] = 0,
    by: Annotated[
        str | None, typer.Option("--by", help="Totals per cohort, such as gender,locale,domain,speaker.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Stop after so many utterances.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all results as JSON.")] = None,
) -> None:
    """Measure word error rate and compute fraction over a manifest, in TFLM's reference kernels.

    With --metric intent: the share of commands whose intent and slots are all right, from the keys intent and
    slots of the manifest or from text by the grammar.
    """
    import json

    from rich.console import Console
    from rich.progress import track
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.corpora.manifest import read_manifest
    from skipstone.quantize.evaluation.cohorts import check_keys, cohorts, parse_keys
    from skipstone.quantize.evaluation.errors import EvaluationError
    from skipstone.quantize.evaluation.evaluate import Evaluation, evaluate
    from skipstone.quantize.evaluation.idle_reset import IdleRule
    from skipstone.quantize.evaluation.tflm import TflmRunner
    from skipstone.quantize.integer.interpreter import IntegerInterpreter
    from skipstone.quantize.tflite.reader import read_file_bytes
    from skipstone.tools.cli.intent_evaluation import evaluate_intent

    data = read_file_bytes(model)
    IntegerInterpreter(data)  # refuses impossible operands, with which TFLM would crash
    runner = TflmRunner(data)
    if metric == "intent":
        if by is not None:
            raise EvaluationError("--by does not go with --metric intent", "leave it out")
        if idle_reset is not None or idle_blocks is not None:
            raise EvaluationError(
                "--idle-reset and --idle-blocks do not go with --metric intent: it resets as the model asks",
                "leave it out",
            )
        evaluate_intent(
            runner,
            model,
            manifest,
            grammar,
            noise,
            snr,
            decoding,
            gates,
            threshold_offset,
            seed,
            limit,
            json_file,
        )
        return
    if grammar is not None or noise is not None or snr is not None:
        raise EvaluationError(
            "--grammar, --noise and --snr belong to --metric intent", "add --metric intent, or leave them out"
        )
    utterances = read_manifest(manifest)[:limit]
    keys = parse_keys(by) if by is not None else ()
    check_keys(utterances, keys)
    console = Console()
    asked = IdleRule.of(runner.model)
    idle = IdleRule(
        asked.steps if idle_reset is None else idle_reset,
        asked.blocks if idle_blocks is None else idle_blocks,
    )
    results = evaluate(runner, utterances, gates, threshold_offset, idle)
    rows = list(track(results, "evaluating", total=len(utterances), console=Console(stderr=True)))
    evaluation = Evaluation.of(rows, gates, threshold_offset)
    groups = list(cohorts(utterances, rows, keys))
    if json_file is not None:
        table = evaluation.as_dict() | ({"cohorts": [group.as_dict() for group in groups]} if keys else {})
        write_file(json_file, json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    console.print(_table(evaluation, model.name))
    if keys:
        console.print(_cohort_table(groups))


def _table(evaluation: Evaluation, title: str) -> Table:
    from rich.table import Table

    table = Table(title=f"{title}, gates: {evaluation.gates}", title_justify="left", show_header=False)
    table.add_column("measure")
    table.add_column("value", justify="right")
    rows = evaluation.utterances
    table.add_row("utterances", f"{len(rows)}")
    unlabelled = sum(row.reference is None for row in rows)
    if unlabelled:
        table.add_row("of these without a reference", f"{unlabelled}")
    table.add_row("words", f"{evaluation.words:,}")
    table.add_row("word errors", f"{evaluation.errors:,}")
    table.add_row("word error rate", _rate(evaluation.word_error_rate))
    table.add_row("compute fraction (MACs)", f"{evaluation.compute_fraction:.4f}")
    if evaluation.threshold_offset:
        table.add_row("threshold offset", f"{evaluation.threshold_offset}")
    return table


def _cohort_table(groups: Sequence[Cohort]) -> Table:
    from rich.table import Table

    table = Table(title="by cohort", title_justify="left")
    for heading in ("key", "value"):
        table.add_column(heading)
    for heading in ("utterances", "words", "errors", "word error rate", "compute fraction"):
        table.add_column(heading, justify="right")
    for group, following in zip(groups, [*groups[1:], None], strict=True):
        totals = group.totals
        counts = (f"{totals.count}", f"{totals.words:,}", f"{totals.errors:,}")
        rates = (_rate(totals.word_error_rate), f"{totals.compute_fraction:.4f}")
        is_last = following is not None and following.key != group.key
        table.add_row(group.key, group.value, *counts, *rates, end_section=is_last)
    return table


def _rate(word_error_rate: float | None) -> str:
    return "no words" if word_error_rate is None else f"{100 * word_error_rate:.2f} %"
