"""The gating study: learned gates against every cheaper idea of the same cost, in int8, costs from the board.

    export SKIPSTONE_DATA=<folder with commands/ and real/>
    python benchmarks/gating/run.py            # resumes: what is trained and recorded is not done again
    python benchmarks/gating/plot.py           # the curves

One dense model is trained first; each system is then fine-tuned from it for the same number of steps on the
same data, trained with quantization, converted, evaluated in int8 and streamed through two virtual boards.
``dense_small`` is trained from scratch for as many steps as the dense training and the fine-tune together.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from boards import BOARDS, board_with, instructions_per_step
from corpora import Corpora, Split, load_corpora
from evaluation import Answer, IntegerModel, accuracy, check_against_tflm, relative_cost, sample
from results import Results, Row
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from skipstone.quantize.convert.tensor_layout import layer_shapes
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from study import Plan, train_trial, trial_policy
from systems import SEEDS, SYSTEMS, TARGETS, Trial, trials

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "gating.json"
DATA_VARIABLE = "SKIPSTONE_DATA"
VARIANTS = {"plain": "", **{name: name for name in ("always_kv", "block_input", "board_costs")}}
TFLM_UTTERANCES = 4
BOARD_UTTERANCES = {"dev": 20, "real_digits": 40}
DIGITS = 400


def main() -> int:
    """Run the study; returns the exit code."""
    arguments = _parser().parse_args()
    torch.set_num_threads(arguments.threads)
    try:
        _run(arguments)
    except SkipstoneError as error:
        print(f"error: {error.cause}\nremedy: {error.remedy}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n\n", maxsplit=1)[0],
        epilog="Example: python benchmarks/gating/run.py --systems learned dense_small --targets 0.4",
    )
    parser.add_argument("--systems", nargs="+", choices=tuple(SYSTEMS), default=tuple(SYSTEMS))
    parser.add_argument("--targets", nargs="+", type=float, choices=TARGETS, default=TARGETS)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--variants", nargs="+", choices=tuple(VARIANTS), default=tuple(VARIANTS))
    parser.add_argument("--train", type=Path, help="manifest (default: the synthesized commands)")
    parser.add_argument("--dev", type=Path, help="manifest of the split dev")
    parser.add_argument("--real", type=Path, help="manifest with the real digits under fsdd/")
    parser.add_argument(
        "--held-out", default="theo", help="speaker of real_digits; the digits of the others are trained on"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a plan of minutes that shows only that all runs"
    )
    parser.add_argument(
        "--tune-epochs",
        type=int,
        help="longer fine-tunes; another plan: give them a record of their own (-o)",
    )
    parser.add_argument(
        "--again", action="store_true", help="evaluate and measure again what is recorded; train nothing anew"
    )
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "gating", help="trained models")
    parser.add_argument("-o", "--output", type=Path, help="default: benchmarks/results/gating.json")
    return parser


def _run(arguments: argparse.Namespace) -> None:
    plan = Plan.quick() if arguments.quick else Plan()
    if arguments.tune_epochs is not None:
        plan = replace(plan, tune_epochs=arguments.tune_epochs)
    quick_result = arguments.work / plan.digest / "gating.json"
    results = Results(arguments.output or (quick_result if arguments.quick else RESULT), plan)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        reading = progress.add_task("features", total=None)
        corpora = load_corpora(
            arguments.train or _data() / "commands" / "train.jsonl",
            arguments.dev or _data() / "commands" / "dev.jsonl",
            arguments.real or _data() / "real" / "manifest.jsonl",
            arguments.work / "features",
            plan.every,
            DIGITS,
            arguments.held_out,
            lambda: progress.advance(reading),
        )
        progress.remove_task(reading)
        variants = tuple(VARIANTS[name] for name in arguments.variants)
        chosen = [
            trial
            for trial in trials(tuple(arguments.systems), tuple(arguments.targets), tuple(arguments.seeds))
            if trial.variant in variants
        ]
        task = progress.add_task("trials", total=len(chosen))
        for trial in chosen:
            progress.update(task, description=trial.name)
            if arguments.again or not results.has(trial, [split.name for split in corpora.splits]):
                home = train_trial(trial, plan, corpora, arguments.work, progress.console.print)
                results.add(trial_rows(trial, plan, corpora, home))
            progress.advance(task)
    print(f"{len(results.rows())} rows → {results.path}")


def _data() -> Path:
    if DATA_VARIABLE not in os.environ:
        raise SkipstoneError(
            f"the study needs the environment variable {DATA_VARIABLE}",
            f"export {DATA_VARIABLE}=… (the data's folder), or give --train, --dev and --real",
        )
    return Path(os.environ[DATA_VARIABLE])


def trial_rows(trial: Trial, plan: Plan, corpora: Corpora, home: Path) -> list[Row]:
    """Evaluate a trained trial on every split and on both boards: its rows."""
    policy = trial_policy(trial, plan.config(len(corpora.tokens.tokens)), corpora)
    model = IntegerModel(home / "checkpoint", policy)
    by_model = trial.gated_by_model
    answers = {split.name: list(model.answers(split)) for split in corpora.splits}
    rows = [_accuracy_row(trial, plan, model, split, answers[split.name]) for split in corpora.splits]
    parameters = parameter_count(model.config)
    samples = {name: sample(answers[name], BOARD_UTTERANCES[name]) for name in answers}
    for row in rows:
        checked = sample(answers[row["split"]], TFLM_UTTERANCES)
        row["tflm_steps"] = check_against_tflm(home / "model.tflite", checked, by_model)
        row["board_steps"] = sum(len(answer.features) for answer in samples[row["split"]])
        row["parameters"] = parameters
    for core, board in BOARDS.items():
        with board_with(home / "model.tflite", board, home) as device:
            for row in rows:
                count = instructions_per_step(device, samples[row["split"]], by_model)
                row[f"instructions_per_step_{core}"] = round(count)
    return rows


def _accuracy_row(trial: Trial, plan: Plan, model: IntegerModel, split: Split, answers: list[Answer]) -> Row:
    measured = accuracy(answers, split, model.tokens.tokens)
    dense = plan.config(model.config.vocabulary)
    own = NetworkCosts.of(model.config)
    fraction = relative_cost(measured.block_rates, own, NetworkCosts.of(dense))
    row: dict[str, Any] = {
        "system": trial.system,
        "variant": trial.variant,
        "target": trial.target,
        "seed": trial.seed,
        "split": split.name,
        "wer": round(measured.word_error_rate, 5),
        "compute_fraction": round(fraction, 4),
        "words": measured.words,
        "steps": measured.steps,
        "block_rates": list(measured.block_rates),
        "d_model": model.config.d_model,
    }
    return row


def parameter_count(config: ModelConfig) -> int:
    """Weights and biases of the network, arbitrators included."""
    shapes = layer_shapes(config)
    return sum(a * b + (b if name == "front.conv" else a) for name, (a, b) in shapes.items())


if __name__ == "__main__":
    sys.exit(main())
