"""``skipstone corpus stats`` and ``check``: what is in a corpus, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from skipstone.tools.cli.verbs.corpus.application import corpus

if TYPE_CHECKING:
    from rich.table import Table
    from skipstone.quantize.corpora.checks import Finding
    from skipstone.quantize.corpora.statistics import CorpusStatistics

STATS_EXAMPLE = "Example: [bold]skipstone corpus stats train.jsonl dev.jsonl --plot lengths.png[/]"
CHECK_EXAMPLE = "Example: [bold]skipstone corpus check train.jsonl dev.jsonl --model model.tflite[/]"
Manifests = Annotated[list[Path], typer.Argument(help="JSONL manifests, taken together.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write everything as JSON.")]


@corpus.command(epilog=STATS_EXAMPLE)
def stats(
    manifests: Manifests,
    json_file: JsonFile = None,
    plot: Annotated[Path | None, typer.Option(help="Write histograms of lengths as PNG.")] = None,
    limit: Annotated[
        int, typer.Option(min=1, help="Values of a cohort to print; the rest is added up.")
    ] = 12,
) -> None:
    """Hours, speakers, words and cohorts of a corpus."""
    import json

    from rich.console import Console
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.corpora.histogram import corpus_histogram
    from skipstone.quantize.corpora.manifest import read_manifest
    from skipstone.quantize.corpora.statistics import corpus_statistics

    utterances = [utterance for manifest in manifests for utterance in read_manifest(manifest)]
    statistics = corpus_statistics(utterances)
    if json_file is not None:
        write_file(json_file, json.dumps(statistics.as_dict(), indent=1, ensure_ascii=False) + "\n")
    if plot is not None:
        write_file(plot, corpus_histogram(utterances, ", ".join(map(str, manifests))))
    console = Console()
    console.print(_totals(statistics))
    console.print(_cohorts(statistics, limit))


def _totals(statistics: CorpusStatistics) -> Table:
    from rich.table import Table

    table = Table("measure", "value", show_header=False)
    table.columns[1].justify = "right"
    total = statistics.total
    frequent = ", ".join(list(statistics.vocabulary)[:8])
    for name, value in (
        ("utterances", f"{total.utterances:,}"),
        ("hours", f"{total.hours:.3f}"),
        ("seconds: shortest, median, longest",
         f"{statistics.shortest:.2f}, {statistics.median:.2f}, {statistics.longest:.2f}"),
        ("speakers named", f"{total.speakers:,}"),
        ("words", f"{total.words:,}"),
        ("different words", f"{len(statistics.vocabulary):,}"),
        ("most frequent", frequent or "none"),
        ("text not known", f"{statistics.without_text:,}"),
        ("empty text (nobody speaks)", f"{statistics.silent:,}"),
        ("with intent or slots", f"{statistics.with_intent:,}"),
        ("with word times", f"{statistics.with_word_times:,}"),
    ):  # fmt: skip
        table.add_row(name, value)
    return table


def _cohorts(statistics: CorpusStatistics, limit: int) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table("cohort", "value", "utterances", "hours", "words", "speakers")
    for column in table.columns[2:]:
        column.justify = "right"
    for key, values in statistics.cohorts.items():
        rows = list(values.items())
        for value, amount in rows[:limit]:
            table.add_row(
                key,
                escape(value) or "[dim]not given[/]",
                f"{amount.utterances:,}",
                f"{amount.hours:.3f}",
                f"{amount.words:,}",
                f"{amount.speakers:,}",
            )
        rest = [amount for _, amount in rows[limit:]]
        if rest:
            table.add_row(
                key,
                f"[dim]{len(rest)} others[/]",
                f"{sum(amount.utterances for amount in rest):,}",
                f"{sum(amount.hours for amount in rest):.3f}",
                f"{sum(amount.words for amount in rest):,}",
                "",
            )
        table.add_section()
    return table


@corpus.command(epilog=CHECK_EXAMPLE)
def check(
    manifests: Manifests,
    model: Annotated[
        Path | None, typer.Option(help="A .tflite or checkpoint folder: find words that it cannot write.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="A training recipe: find words that its training texts lack.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Findings of a kind to print.")] = 5,
    json_file: JsonFile = None,
) -> None:
    """Find unreadable, silent, clipped, mislabelled and double recordings; exit code 1 if there are any."""
    import json
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import Progress
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.corpora.checks import check_corpus
    from skipstone.quantize.corpora.manifest import read_manifest

    if model is not None and recipe is not None:
        raise typer.BadParameter("give --model or --recipe, not both")
    tokens = _tokens_of_model(model) if model else _tokens_of_recipe(recipe) if recipe else None
    utterances = [utterance for manifest in manifests for utterance in read_manifest(manifest)]
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("checking", total=len(utterances))
        findings = list(check_corpus(utterances, tokens, lambda: progress.advance(task)))
    if json_file is not None:
        rows = [{**asdict(finding), "remedy": finding.remedy} for finding in findings]
        text = json.dumps({"version": 1, "utterances": len(utterances), "findings": rows}, indent=1)
        write_file(json_file, text + "\n")
    _print_findings(findings, limit)
    affected = len({finding.audio for finding in findings})
    typer.echo(f"{len(utterances)} utterances, {len(findings)} findings in {affected} recordings")
    if findings:
        raise typer.Exit(1)


def _print_findings(findings: list[Finding], limit: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from skipstone.quantize.corpora.checks import REMEDIES

    console = Console(soft_wrap=True, highlight=False)
    for kind, remedy in REMEDIES.items():
        found = [finding for finding in findings if finding.kind == kind]
        if not found:
            continue
        console.print(f"[bold red]{kind}[/] {len(found)}: {remedy}")
        for finding in found[:limit]:
            console.print(f"  {escape(finding.audio)}: {escape(finding.detail)}")
        if len(found) > limit:
            console.print(f"  [dim]and {len(found) - limit} more[/]")


def _tokens_of_model(path: Path) -> tuple[str, ...]:
    if path.is_dir():
        from skipstone.quantize.convert.checkpoint import read_checkpoint

        return read_checkpoint(path).tokens
    from skipstone.quantize.evaluation.evaluate import SpeechMetadata
    from skipstone.quantize.tflite.reader import read_file_bytes, read_model

    return SpeechMetadata.of(read_model(read_file_bytes(path))).tokens.tokens


def _tokens_of_recipe(path: Path) -> tuple[str, ...]:
    """The words of what the recipe trains on, as its tokens will be."""
    from skipstone.quantize.corpora.manifest import read_manifest
    from skipstone.quantize.corpora.tokens import TokenList
    from skipstone.quantize.training.corpus_shares import chosen
    from skipstone.quantize.training.recipe import expand_path, read_recipe

    texts = []
    for entry in read_recipe(path).data.train:
        utterances = read_manifest(expand_path(entry.manifest))
        texts += [utterances[index].text or "" for index in chosen(entry, utterances)]
    return TokenList.of_words(texts).tokens
