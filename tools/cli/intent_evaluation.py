"""The metric ``intent`` of ``skipstone evaluate``: command acceptance with a grammar."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from skipstone.quantize.evaluation.intents import Decoding, IntentEvaluation
    from skipstone.quantize.evaluation.runner import Runner

BENCHMARK_SNRS = "6,9,12,15,18,21,24"
_LOWEST, _HIGHEST = -30.0, 100.0


def parse_snrs(text: str) -> tuple[float, ...]:
    """Decibels parted by commas, each once.

    Raises:
        EvaluationError: one is no number, out of range or there twice.
    """
    from skipstone.quantize.evaluation.errors import EvaluationError

    try:
        snrs = tuple(float(part) for part in text.split(","))
    except ValueError:
        snrs = ()
    if not snrs or len(set(snrs)) < len(snrs) or not all(_LOWEST <= snr <= _HIGHEST for snr in snrs):
        raise EvaluationError(
            f"--snr {text!r} is no list of signal-to-noise ratios", f"give decibels such as {BENCHMARK_SNRS}"
        )
    return snrs


def evaluate_intent(
    runner: Runner,
    model: Path,
    manifest: Path,
    grammar: Path | None,
    noise: Path | None,
    snr: str | None,
    decoding: Decoding,
    gates: str,
    threshold_offset: int,
    seed: int,
    limit: int | None,
    json_file: Path | None,
) -> None:
    """Evaluate, print the table and write the JSON. Arguments: see ``skipstone evaluate --help``."""
    import json

    from rich.console import Console
    from rich.progress import track
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.corpora.manifest import read_manifest
    from skipstone.quantize.corpora.noises import read_noises
    from skipstone.quantize.evaluation.errors import EvaluationError
    from skipstone.quantize.evaluation.intents import IntentEvaluation, evaluate_intents
    from skipstone.quantize.intent.grammar import read_grammar
    from skipstone.quantize.intent.model import grammar_for_model

    grammar = grammar or model.with_name("grammar.toml")
    if not grammar.is_file():
        raise EvaluationError(f"there is no grammar {grammar}", "add --grammar FILE")
    if snr is not None and noise is None:
        raise EvaluationError("--snr needs noise", "add --noise with a manifest, a folder or a recording")
    compiled = grammar_for_model(runner.model, read_grammar(grammar))
    utterances = read_manifest(manifest)[:limit]
    noises = read_noises(noise) if noise is not None else []
    snrs = parse_snrs(snr or BENCHMARK_SNRS) if noises else ()
    results = evaluate_intents(
        runner, compiled, utterances, gates, threshold_offset, (decoding,), noises, snrs, seed
    )
    total = len(utterances) * max(1, len(snrs))
    rows = list(track(results, "evaluating", total=total, console=Console(stderr=True)))
    evaluation = IntentEvaluation.of(rows, gates, threshold_offset, decoding)
    if json_file is not None:
        table = evaluation.as_dict() | {"model": model.name, "grammar": grammar.name, "seed": seed}
        write_file(json_file, json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    Console().print(_table(evaluation, model.name))


def _table(evaluation: IntentEvaluation, title: str) -> Table:
    from rich.table import Table

    heading = f"{title}, gates: {evaluation.gates}, decoding: {evaluation.decoding}"
    table = Table(title=heading, title_justify="left")
    table.add_column("measure")
    for group in evaluation.by_snr:
        table.add_column("clean" if group.snr is None else f"{group.snr:g} dB", justify="right")
    table.add_column("mean", justify="right")
    groups = evaluation.by_snr
    table.add_row("commands", *(f"{group.commands}" for group in groups), "")
    _rates(table, "command acceptance", [group.acceptance for group in groups])
    _rates(table, "intent right", [group.intent_accuracy for group in groups])
    for name in dict.fromkeys(name for group in groups for name in group.slot_accuracy):
        _rates(table, f"slot {name}", [group.slot_accuracy.get(name) for group in groups])
    table.add_row("slots too many", *(f"{group.inserted_slots}" for group in groups), "")
    if any(group.others for group in groups):
        table.add_row("no commands", *(f"{group.others}" for group in groups), "")
        _rates(table, "rejected", [group.rejection for group in groups])
    return table


def _rates(table: Table, name: str, rates: Sequence[float | None]) -> None:
    known = [rate for rate in rates if rate is not None]
    cells = ["" if rate is None else f"{100 * rate:.1f} %" for rate in rates]
    table.add_row(name, *cells, f"{100 * sum(known) / len(known):.1f} %" if known else "")
