"""``skipstone corpus augment`` and ``streams``: new corpora from the recordings of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from skipstone.tools.cli.verbs.corpus.application import corpus

AUGMENT_EXAMPLE = (
    "Example: [bold]skipstone corpus augment train.jsonl -o build/noisy --reverb 0.5 --noise noises/[/]"
)
STREAMS_EXAMPLE = (
    "Example: [bold]skipstone corpus streams test.jsonl -o build/streams --length 60 --silence 0.7[/]"
)
NOISE_EXAMPLE = "Example: [bold]skipstone corpus noise -o build/noise --speech train.jsonl[/]"
Manifest = Annotated[Path, typer.Argument(help="JSONL manifest.")]
Output = Annotated[Path, typer.Option("-o", "--output", help="Folder to write: audio/ and manifest.jsonl.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same samples.")]
NoiseSource = Annotated[
    Path | None, typer.Option(help="Noise to mix in: a manifest, a folder of recordings, or one file.")
]
Snr = Annotated[str, typer.Option(help="Signal-to-noise ratio in dB: 12, a range 6:24, or a list 6,12,24.")]


@corpus.command(epilog=AUGMENT_EXAMPLE)
def augment(
    manifest: Manifest,
    output: Output,
    copies: Annotated[int, typer.Option(min=1, help="Copies of every utterance.")] = 1,
    speed: Annotated[str, typer.Option(help="Factor, number, range or list; pitch follows.")] = "0.9:1.1",
    pad: Annotated[str, typer.Option(help="Seconds of silence before and after, drawn for each.")] = "0",
    gain: Annotated[str, typer.Option(help="Decibels, number, range or list.")] = "-6:6",
    reverb: Annotated[float, typer.Option(min=0, max=1, help="Probability of a random room.")] = 0.0,
    rt60: Annotated[str, typer.Option(help="Reverberation time of the rooms in seconds.")] = "0.1:0.6",
    noise: NoiseSource = None,
    snr: Snr = "6:24",
    narrow_band: Annotated[
        float, typer.Option(min=0, max=1, help="Probability of a copy as if recorded at 8 kHz.")
    ] = 0.0,
    seed: Seed = 1,
) -> None:
    """Write changed copies of a corpus: speed, then padding, room, noise, band, gain."""
    from rich.console import Console
    from rich.progress import Progress
    from skipstone.quantize.corpora.augment import Changes, augment_corpus
    from skipstone.quantize.corpora.manifest import read_manifest
    from skipstone.quantize.corpora.noises import read_noises
    from skipstone.quantize.corpora.rooms import LONGEST_RT60, SHORTEST_RT60
    from skipstone.quantize.corpora.spread import Spread

    changes = Changes(
        speed=Spread.parse(speed, "--speed", 0.25, 4.0),
        padding=Spread.parse(pad, "--pad", 0, 3600),
        reverberation=reverb,
        rt60=Spread.parse(rt60, "--rt60", SHORTEST_RT60, LONGEST_RT60),
        noises=tuple(read_noises(noise)) if noise else (),
        snr=Spread.parse(snr, "--snr", -50, 100),
        narrow_band=narrow_band,
        gain=Spread.parse(gain, "--gain", -60, 60),
    )
    utterances = read_manifest(manifest)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("augmenting", total=len(utterances) * copies)
        written = augment_corpus(
            utterances, changes, output, copies, seed, advance=lambda: progress.advance(task)
        )
    typer.echo(f"{len(utterances) * copies} utterances → {written}")


@corpus.command(epilog=NOISE_EXAMPLE)
def noise(
    output: Output,
    speech: Annotated[Path | None, typer.Option(help="Manifest of speech, for babble.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Recordings.")] = 18,
    length: Annotated[float, typer.Option(min=0.1, help="Seconds of each.")] = 15.0,
    seed: Seed = 1,
) -> None:
    """Make noise: babble of many talkers, coloured noise, hum with clatter."""
    from rich.console import Console
    from rich.progress import Progress
    from skipstone.quantize.corpora.manifest import read_manifest
    from skipstone.quantize.corpora.noise_synthesis import make_noises

    talkers = [utterance.audio for utterance in read_manifest(speech)] if speech else []
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("making noise", total=count)
        written = make_noises(output, talkers, count, length, seed, advance=lambda: progress.advance(task))
    typer.echo(f"{count} recordings → {written}")


@corpus.command(epilog=STREAMS_EXAMPLE)
def streams(
    manifest: Manifest,
    output: Output,
    length: Annotated[float, typer.Option(min=0.1, help="Seconds of a stream, about.")] = 60.0,
    silence: Annotated[float, typer.Option(min=0, max=0.99, help="Share of a stream without speech.")] = 0.7,
    noise: NoiseSource = None,
    snr: Snr = "6:24",
    seed: Seed = 1,
) -> None:
    """Join utterances to long streams with pauses; utterances without a text are left out."""
    from rich.console import Console
    from rich.progress import Progress
    from skipstone.quantize.corpora.manifest import read_manifest, transcribed
    from skipstone.quantize.corpora.noises import read_noises
    from skipstone.quantize.corpora.spread import Spread
    from skipstone.quantize.corpora.streams import StreamSettings, stream_corpus

    settings = StreamSettings(
        seconds=length,
        silence=silence,
        noises=tuple(read_noises(noise)) if noise else (),
        snr=Spread.parse(snr, "--snr", -50, 100),
    )
    everything = read_manifest(manifest)
    utterances = transcribed(everything, manifest)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("joining", total=len(utterances))
        written = stream_corpus(utterances, settings, output, seed, advance=lambda: progress.advance(task))
    made = read_manifest(written)
    seconds = sum(stream.duration for stream in made)
    silent = sum(stream.duration * stream.extra["silence"] for stream in made)
    typer.echo(f"{len(utterances)} utterances → {len(made)} streams, {seconds / 60:.1f} min → {written}")
    typer.echo(f"silence: {100 * silent / seconds:.1f} %")
    if len(utterances) < len(everything):
        typer.echo(f"left out, no text: {len(everything) - len(utterances)}")
