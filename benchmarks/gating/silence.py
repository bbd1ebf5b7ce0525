"""Streams that are mostly silence: does the device stop computing, does it write words where there are none?

    python benchmarks/gating/silence.py --manifest $SKIPSTONE_DATA/commands/dev.jsonl \\
        --noise $SKIPSTONE_DATA/real/noise/kitchen.opus

The same clips, before digital silence, low noise and recorded noise, in stock TFLM: one by one, each from a
reset (``clips``); joined to streams without pauses (``joined``); joined so that 70 % of a stream is no speech
(``pauses``). Added errors are those beyond ``clips``. ``pause`` is the background alone, as loud as behind
the first clip. Writes ``benchmarks/results/silence.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.corpora.corpus_folder import write_corpus
from skipstone.quantize.corpora.manifest import Utterance, read_manifest, transcribed
from skipstone.quantize.corpora.noises import Noise, read_noises
from skipstone.quantize.corpora.spread import Spread
from skipstone.quantize.corpora.streams import StreamSettings, stream_corpus
from skipstone.quantize.corpora.waveform import SAMPLE_RATE, add_noise, to_float, to_pcm
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.evaluation.evaluate import Totals, evaluate
from skipstone.quantize.evaluation.idle_reset import IdleRule
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.features.audio import read_audio
from skipstone.quantize.tflite.reader import read_file_bytes

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "commands" / "model.tflite"
CLIPS = MODEL.parent / "clips" / "manifest.jsonl"
RESULT = ROOT / "benchmarks" / "results" / "silence.json"
SILENCE = 0.7
LOW_NOISE_DB = 40.0
KITCHEN_DB = 20.0
CLIP_BY_CLIP = 1e-3
"""Seconds of a stream that ends after every clip."""
SEED = 1
CRITERION = {"compute_fraction_below": 0.2, "added_errors_at_most": 0}


def main() -> int:
    """Measure, print and record; returns the exit code."""
    arguments = _parser().parse_args()
    try:
        _run(arguments)
    except SkipstoneError as error:
        print(f"error: {error.cause}\nremedy: {error.remedy}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("model", nargs="?", type=Path, default=MODEL)
    parser.add_argument("--manifest", type=Path, default=CLIPS, help="clips with texts (default: the demo's)")
    parser.add_argument("--noise", type=Path, help="recorded noise: manifest, folder or file")
    parser.add_argument("--limit", type=int, default=24, help="use so many clips (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of a stream (default: %(default)s)")
    parser.add_argument(
        "--idle-reset", type=int, help="idle steps until a reset, 0: none (default: the model's)"
    )
    parser.add_argument("--idle-blocks", type=int, help="most blocks of an idle step (default: the model's)")
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    return parser


def _run(arguments: argparse.Namespace) -> None:
    data = read_file_bytes(arguments.model)
    runner = TflmRunner(data)
    idle = IdleRule.of(runner.model)
    if arguments.idle_reset is not None:
        idle = replace(idle, steps=arguments.idle_reset)
    if arguments.idle_blocks is not None:
        idle = replace(idle, blocks=arguments.idle_blocks)
    utterances = transcribed(read_manifest(arguments.manifest), arguments.manifest)[: arguments.limit]
    rows = []
    for name, noises, snr in _backgrounds(arguments.noise):
        with tempfile.TemporaryDirectory() as folder:
            for kind, seconds, silence in (
                ("clips", CLIP_BY_CLIP, 0.0),
                ("joined", arguments.seconds, 0.0),
                ("pauses", arguments.seconds, SILENCE),
            ):
                settings = StreamSettings(seconds, silence, noises, Spread((snr,)))
                streams = read_manifest(stream_corpus(utterances, settings, Path(folder) / kind, SEED))
                share = _silent_share(streams)
                rows.append(_row(name, kind, share, _evaluate(runner, streams, f"{name}, {kind}", idle)))
            pause = _pause(Path(folder) / "pause", arguments.seconds, noises, snr, utterances[0])
            rows.append(_row(name, "pause", 1.0, _evaluate(runner, pause, f"{name}, pause", idle)))
    _add_errors(rows)
    record = {
        "kind": "exact",
        "model_sha256": hashlib.sha256(data).hexdigest(),
        "manifest": arguments.manifest.name,
        "clips": len(utterances),
        "seconds": arguments.seconds,
        "idle_reset": idle.steps,
        "idle_blocks": idle.blocks,
        "snr_db": {"low noise": LOW_NOISE_DB, "recorded noise": KITCHEN_DB},
        "criterion": CRITERION,
        "rows": rows,
    }
    write_file(arguments.output, json.dumps(record, indent=2) + "\n")
    Console().print(_table(rows))


def _backgrounds(recorded: Path | None) -> Iterator[tuple[str, tuple[Noise, ...], float]]:
    """Name, noises and signal-to-noise ratio in dB of every background."""
    yield "digital silence", (), LOW_NOISE_DB
    white = np.random.default_rng(SEED).normal(size=10 * SAMPLE_RATE)
    yield "low noise", (Noise("white", white / 10),), LOW_NOISE_DB
    if recorded is not None:
        yield "recorded noise", tuple(read_noises(recorded)), KITCHEN_DB


def _pause(
    folder: Path, seconds: float, noises: tuple[Noise, ...], snr: float, speech: Utterance
) -> list[Utterance]:
    """The background alone, as loud as behind ``speech``."""
    count = int(seconds * SAMPLE_RATE)
    samples = np.zeros(count)
    if noises:
        spoken = np.zeros(count)
        clip = to_float(read_audio(speech.audio))[:count]
        spoken[: len(clip)] = clip
        generator = np.random.default_rng(SEED)
        samples = add_noise(spoken, noises[0].samples, snr, generator) - spoken
    with write_corpus(folder, []) as writer:
        writer.add("pause", to_pcm(samples), {"text": ""})
    return read_manifest(folder / "manifest.jsonl")


def _silent_share(streams: Sequence[Utterance]) -> float:
    """Share of no speech over all streams, weighted by their lengths."""
    seconds = sum(stream.duration for stream in streams)
    return sum(float(stream.extra["silence"]) * stream.duration for stream in streams) / seconds


def _evaluate(runner: TflmRunner, utterances: Sequence[Utterance], title: str, idle: IdleRule) -> Totals:
    results = evaluate(runner, utterances, idle_rule=idle)
    console = Console(stderr=True)
    return Totals.of(list(track(results, title, total=len(utterances), console=console, transient=True)))


def _row(background: str, kind: str, silence: float, totals: Totals) -> dict[str, Any]:
    return {
        "background": background,
        "stream": kind,
        "silence": round(silence, 3),
        "steps": totals.steps,
        "words": totals.words,
        "errors": totals.errors,
        "word_error_rate": None if totals.word_error_rate is None else round(totals.word_error_rate, 5),
        "compute_fraction": round(totals.compute_fraction, 4),
    }


def _add_errors(rows: list[dict[str, Any]]) -> None:
    """Errors of the streams beyond those of the same clips, one by one, before the same background."""
    alone = {row["background"]: row["errors"] for row in rows if row["stream"] == "clips"}
    for row in rows:
        row["added_errors"] = row["errors"] - (0 if row["stream"] == "pause" else alone[row["background"]])


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="silence", title_justify="left")
    for heading in ("background", "stream"):
        table.add_column(heading)
    for heading in ("no speech", "words", "errors", "added", "WER", "compute"):
        table.add_column(heading, justify="right")
    for row in rows:
        rate = row["word_error_rate"]
        table.add_row(
            row["background"],
            row["stream"],
            f"{row['silence']:.0%}",
            f"{row['words']:,}",
            f"{row['errors']:,}",
            f"{row['added_errors']:+d}",
            "none" if rate is None else f"{rate:.2%}",
            f"{row['compute_fraction']:.4f}",
        )
    return table


if __name__ == "__main__":
    raise SystemExit(main())
