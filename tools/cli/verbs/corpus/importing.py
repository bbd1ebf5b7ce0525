"""``skipstone corpus import``: manifests of corpora that come in other layouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from skipstone.tools.cli.verbs.corpus.application import corpus

if TYPE_CHECKING:
    from skipstone.quantize.corpora.importers.entry import Entry

LIBRISPEECH_EXAMPLE = (
    "Example: [bold]skipstone corpus import librispeech LibriSpeech/dev-clean -o dev-clean.jsonl[/]"
)
COMMANDS_EXAMPLE = (
    "Example: [bold]skipstone corpus import speech-commands speech_commands --split test -o test.jsonl[/]"
)
CSV_EXAMPLE = (
    "Example: [bold]skipstone corpus import csv recordings/labels.csv -o recordings/manifest.jsonl[/]"
)

importing = typer.Typer(help="Write the manifest of a corpus in another layout.", no_args_is_help=True)
corpus.add_typer(importing, name="import")

Output = Annotated[Path, typer.Option("-o", "--output", help="Manifest to write (JSONL).")]


@importing.command(epilog=LIBRISPEECH_EXAMPLE)
def librispeech(
    source: Annotated[Path, typer.Argument(help="Folder with speaker/chapter/*.flac and *.trans.txt below.")],
    output: Output,
) -> None:
    """LibriSpeech and corpora of its layout; gender from SPEAKERS.TXT where it is there."""
    from skipstone.quantize.corpora.importers.librispeech import librispeech_entries

    _write(lambda: librispeech_entries(source), output)


@importing.command("speech-commands", epilog=COMMANDS_EXAMPLE)
def speech_commands(
    source: Annotated[Path, typer.Argument(help="Folder with one folder of WAV files a word.")],
    output: Output,
    split: Annotated[
        Literal["all", "train", "validation", "test"],
        typer.Option(help="By validation_list.txt and testing_list.txt."),
    ] = "all",
    background: Annotated[
        bool, typer.Option("--background", help="Include _background_noise_, with an empty text.")
    ] = False,
) -> None:
    """Speech Commands and corpora of its layout."""
    from skipstone.quantize.corpora.importers.speech_commands import speech_commands_entries

    _write(lambda: speech_commands_entries(source, split, background), output)


@importing.command("csv", epilog=CSV_EXAMPLE)
def csv_table(
    source: Annotated[Path, typer.Argument(help="CSV file, or the folder that holds it.")],
    output: Output,
) -> None:
    """Recordings listed in a CSV: columns audio, text and any other key of a manifest."""
    from skipstone.quantize.corpora.importers.csv_table import csv_entries

    _write(lambda: csv_entries(source), output)


def _write(find: Callable[[], list[Entry]], output: Path) -> None:
    from rich.console import Console
    from rich.progress import Progress
    from skipstone.quantize.corpora.importers.entry import to_utterances
    from skipstone.quantize.corpora.manifest import write_manifest

    with Progress(console=Console(stderr=True)) as progress:
        search = progress.add_task("reading labels", total=None)
        entries = find()
        progress.update(search, total=1, completed=1)
        task = progress.add_task("measuring", total=len(entries))
        utterances = to_utterances(entries, lambda: progress.advance(task))
    write_manifest(output, utterances)
    hours = sum(utterance.duration for utterance in utterances) / 3600
    typer.echo(f"{len(utterances)} utterances, {hours:.2f} h → {output}")
