"""Delay from a word's end to its emission on a virtual board, gated and with every block on.

    python benchmarks/latency.py --manifest $SKIPSTONE_DATA/commands/dev.jsonl

Words are timed by forced alignment (extra ``align``; how far it is off: ``benchmarks/alignment.py``), cached
in ``build/latency``. Writes ``benchmarks/results/latency.json``. A virtual board that other programs keep
waiting may not answer in time: run on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.corpora.alignment import Aligner, AlignmentError
from skipstone.quantize.corpora.manifest import Utterance, read_manifest, transcribed, write_manifest
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.features.audio import read_audio
from skipstone.tools.latency import latency_table, record_latency
from skipstone.tools.run.progress import run_progress

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "models" / "commands" / "model.tflite"
CLIPS = MODEL.parent / "clips" / "manifest.jsonl"
RESULT = ROOT / "benchmarks" / "results" / "latency.json"
WORK = ROOT / "build" / "latency"
BOARD = "mps2-an386"


def main() -> int:
    """Measure, print and record; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("model", nargs="?", type=Path, default=MODEL)
    parser.add_argument("--manifest", type=Path, default=CLIPS, help="clips with texts (default: the demo's)")
    parser.add_argument("--limit", type=int, default=30, help="use so many clips (default: %(default)s)")
    parser.add_argument("--board", default=BOARD, help="default: %(default)s")
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    arguments = parser.parse_args()
    try:
        utterances = timed(arguments.manifest, arguments.limit)
        with run_progress(Console(stderr=True)) as progress:
            record = record_latency(arguments.model, utterances, arguments.board, WORK, progress)
    except SkipstoneError as error:
        print(f"error: {error.cause}\nremedy: {error.remedy}", file=sys.stderr)
        return 1
    table = {"clips": arguments.manifest.name, **record.as_dict(words=False)}
    write_file(arguments.output, json.dumps(table, indent=2) + "\n")
    Console().print(latency_table(record.info, record.rows))
    return 0


def timed(manifest: Path, limit: int) -> list[Utterance]:
    """The first ``limit`` utterances with word times: those of the manifest, or aligned now and cached."""
    utterances = transcribed(read_manifest(manifest), manifest)[:limit]
    if all(utterance.words is not None for utterance in utterances):
        return utterances
    cache = WORK / f"{manifest.stem}-{limit}-words.jsonl"
    if not cache.is_file():
        aligner = Aligner()
        aligner.check_words(str(utterance.text) for utterance in utterances)
        aligned = []
        for utterance in track(utterances, "aligning", console=Console(stderr=True), transient=True):
            try:
                words = aligner.align(read_audio(utterance.audio), str(utterance.text))
            except AlignmentError as error:
                print(f"left out, not aligned: {error.cause}", file=sys.stderr)
                continue
            aligned.append(utterance.model_copy(update={"words": words}))
        write_manifest(cache, aligned)
    return read_manifest(cache)


if __name__ == "__main__":
    raise SystemExit(main())
