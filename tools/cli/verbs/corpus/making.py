"""``skipstone corpus texts`` and ``synth``: texts from the command grammars, speech from synthesizers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from skipstone.tools.cli.verbs.corpus.application import corpus

TEXTS_EXAMPLE = "Example: [bold]skipstone corpus texts 600 -o texts.txt --exclude dev.jsonl[/]"
VOICES_EXAMPLE = "Example: [bold]skipstone corpus voices[/]"
SYNTH_EXAMPLE = "Example: [bold]skipstone corpus synth texts.txt -o build/synth --voices slt,rms[/]"


@corpus.command(epilog=TEXTS_EXAMPLE)
def texts(
    count: Annotated[int, typer.Argument(help="How many different texts.", min=1)],
    output: Annotated[Path, typer.Option("-o", "--output", help="Text file to write, one text a line.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same texts.")] = 1,
    exclude: Annotated[
        list[Path] | None, typer.Option(help="Manifest whose texts to leave out (repeatable).")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="Only coffee, home, digits, or short (single digits and short commands, repeated)."
        ),
    ] = None,
) -> None:
    """Draw voice-command texts (coffee orders, home commands, digits)."""
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.corpora.command_grammar import KINDS, draw_texts
    from skipstone.quantize.corpora.manifest import ManifestError, read_manifest

    if kind is not None and kind not in KINDS:
        raise ManifestError(f"unknown kind of text {kind!r}", f"use one of {', '.join(KINDS)}")
    taken = {u.text for path in exclude or [] for u in read_manifest(path) if u.text is not None}
    write_file(output, "\n".join(draw_texts(count, seed, taken, kind)) + "\n")
    typer.echo(f"{count} texts → {output}")


@corpus.command(epilog=SYNTH_EXAMPLE)
def synth(
    texts: Annotated[Path, typer.Argument(help="Text file, one utterance a line.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder to write: audio/ and manifest.jsonl.")
    ],
    engines: Annotated[
        str, typer.Option(help="Of flite, espeak-ng, festival; comma separated.")
    ] = "flite,espeak-ng",
    voices: Annotated[
        str | None, typer.Option(help="Voices, comma separated; all of the engines by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Chooses voice, speed and pitch of each text.")] = 1,
) -> None:
    """Speak every line of TEXTS and write a corpus."""
    from rich.console import Console
    from rich.progress import Progress
    from skipstone.quantize.corpora.synth import read_texts, synthesize_corpus
    from skipstone.quantize.corpora.synthesizers import speakers_of

    lines = read_texts(texts)
    speakers = speakers_of(engines.split(","), voices.split(",") if voices else None)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("speaking", total=len(lines))
        manifest = synthesize_corpus(lines, speakers, output, seed, advance=lambda: progress.advance(task))
    typer.echo(f"{len(lines)} utterances by {len(speakers)} voices → {manifest}")


@corpus.command(epilog=VOICES_EXAMPLE)
def voices() -> None:
    """List the synthesizers, their voices, and whether they are installed."""
    import shutil

    from rich.console import Console
    from rich.table import Table
    from skipstone.quantize.corpora.synthesizers import ENGINES

    table = Table("engine", "voice", "gender", "locale", "installed")
    for name, engine in ENGINES.items():
        installed = "yes" if shutil.which(engine.program) else "no"
        for speaker in engine.speakers:
            table.add_row(name, speaker.name, speaker.gender, speaker.locale, installed)
    Console().print(table)
