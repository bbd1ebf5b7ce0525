"""``skipstone corpus align``: word times by forced alignment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from skipstone.tools.cli.verbs.corpus.application import corpus

EXAMPLE = "Example: [bold]skipstone corpus align dev.jsonl -o dev-words.jsonl[/]"


@corpus.command(epilog=EXAMPLE)
def align(
    manifest: Annotated[Path, typer.Argument(help="Manifest with texts.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Manifest to write, with word times.")],
    pronunciations: Annotated[
        Path | None, typer.Option(help="Lines 'word PHONE PHONE …' for words that are in no dictionary.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take only so many utterances.")] = None,
) -> None:
    """Find when each word was said and write it as words (needs the extra align: pocketsphinx).

    Utterances without a text are kept as they are. Exits with 1 when none could be aligned.
    """
    from rich.console import Console
    from rich.progress import track
    from skipstone.quantize.corpora.alignment import Aligner, AlignmentError, read_pronunciations
    from skipstone.quantize.corpora.manifest import read_manifest, write_manifest
    from skipstone.quantize.features.audio import read_audio

    utterances = read_manifest(manifest)[:limit]
    aligner = Aligner(read_pronunciations(pronunciations) if pronunciations is not None else None)
    aligner.check_words(utterance.text for utterance in utterances if utterance.text)
    aligned, failed, written = 0, [], []
    for utterance in track(utterances, "aligning", console=Console(stderr=True)):
        words = None
        if utterance.text:
            try:
                words = aligner.align(read_audio(utterance.audio), utterance.text)
                aligned += 1
            except AlignmentError as error:
                failed.append(f"{utterance.audio.name}: {error.cause}")
        written.append(utterance.model_copy(update={"words": words}))
    if failed and not aligned:
        raise AlignmentError(
            f"none of {len(failed)} utterances could be aligned, first {failed[0]}",
            "check that audio and texts of the manifest belong together",
        )
    write_manifest(output, written)
    console = Console(soft_wrap=True, highlight=False)
    for line in failed:
        console.print(f"not aligned  {line}", markup=False)
    untold = len(utterances) - aligned - len(failed)
    console.print(f"{aligned} aligned, {len(failed)} not, {untold} without a text → {output}", markup=False)
