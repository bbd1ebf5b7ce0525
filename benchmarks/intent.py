"""Command acceptance of the shipped model on real and synthesized coffee orders, clean and in kitchen noise.

    python benchmarks/intent.py                      writes benchmarks/results/intent.json

Two decodings of the same logits: ``words`` parses the greedy words with the grammar, ``logits`` searches the
grammar on the logits (what the board does). Manifests: real orders have intent and slots, synthesized
ones a text
whose meaning the grammar gives; what is no coffee order there (home commands, digits) counts for rejection.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.corpora.manifest import read_manifest
from skipstone.quantize.corpora.noises import read_noises
from skipstone.quantize.evaluation.intents import Decoding, IntentSummary, evaluate_intents
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.intent.grammar import read_grammar
from skipstone.quantize.intent.model import grammar_for_model
from skipstone.tools.cli.intent_evaluation import BENCHMARK_SNRS, parse_snrs

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "models" / "commands"
DATA = Path(os.environ.get("SKIPSTONE_DATA", "data"))
DECODINGS: tuple[Decoding, ...] = ("logits", "words")


def main(
    model: Annotated[Path, typer.Option(help="A .tflite with a CTC head.")] = COMMANDS / "model.tflite",
    grammar: Annotated[Path, typer.Option(help="Its grammar.")] = COMMANDS / "grammar.toml",
    real: Annotated[Path, typer.Option(help="Manifest of real orders.")] = DATA / "real" / "manifest.jsonl",
    dev: Annotated[Path, typer.Option(help="Manifest of synthesized clips.")] = DATA
    / "commands"
    / "dev.jsonl",
    noise: Annotated[Path, typer.Option(help="Recordings of noise.")] = DATA / "real" / "noise",
    snr: Annotated[str, typer.Option(help="dB, parted by commas.")] = BENCHMARK_SNRS,
    limit: Annotated[int | None, typer.Option(min=1, help="Utterances a set.")] = None,
    output: Annotated[Path, typer.Option("-o", "--output")] = ROOT / "benchmarks" / "results" / "intent.json",
) -> None:
    """Evaluate and record."""
    runner = TflmRunner(model.read_bytes())
    compiled = grammar_for_model(runner.model, read_grammar(grammar))
    noises = read_noises(noise)
    sets = {
        "real": [utterance for utterance in read_manifest(real) if utterance.intent is not None][:limit],
        "dev": read_manifest(dev)[:limit],
    }
    rows = []
    for name, utterances in sets.items():
        for snrs in ((), parse_snrs(snr)):
            if name == "dev" and snrs:
                continue
            results = evaluate_intents(
                runner, compiled, utterances, decodings=DECODINGS, noises=noises, snrs=snrs
            )
            total = len(utterances) * len(DECODINGS) * max(1, len(snrs))
            found = list(track(results, f"{name}, {len(snrs) or 'no'} noises", total=total))
            for decoding in DECODINGS:
                for level in snrs or (None,):
                    chosen = [row for row in found if row.decoding == decoding and row.snr == level]
                    rows.append({"set": name, "decoding": decoding} | vars(IntentSummary.of(chosen, level)))
    means = [_mean(rows, decoding) for decoding in DECODINGS]
    report = {
        "version": 1,
        "model": model.name,
        "grammar": grammar.name,
        "snr": snr,
        "rows": rows,
        "mean": means,
    }
    write_file(output, json.dumps(report, indent=1) + "\n")
    _print(rows, means)


def _mean(rows: list[dict], decoding: Decoding) -> dict:
    rates = [row["acceptance"] for row in rows if row["decoding"] == decoding and row["snr"] is not None]
    return {"set": "real", "decoding": decoding, "acceptance": sum(rates) / len(rates)}


def _print(rows: list[dict], means: list[dict]) -> None:
    table = Table(title="command acceptance", title_justify="left")
    for heading in ("set", "decoding", "SNR", "commands", "accepted", "others", "rejected"):
        table.add_column(heading, justify="left" if heading in ("set", "decoding") else "right")
    for row in rows:
        level = "clean" if row["snr"] is None else f"{row['snr']:g} dB"
        rejected = "" if row["rejection"] is None else f"{100 * row['rejection']:.1f} %"
        counts = (f"{row['commands']}", f"{100 * row['acceptance']:.1f} %", f"{row['others']}", rejected)
        table.add_row(row["set"], row["decoding"], level, *counts)
    for mean in means:
        table.add_row("real", mean["decoding"], "mean", "", f"{100 * mean['acceptance']:.1f} %", "", "")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
