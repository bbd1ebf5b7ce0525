"""``skipstone mlperf``: firmware with the serial interface of MLPerf Tiny, and its two modes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

BUILD_EXAMPLE = (
    "Example: [bold]skipstone mlperf build kws.tflite --board netduinoplus2 --baud 9600 -o kws01.elf[/]"
)
RUN_EXAMPLE = "Example: [bold]skipstone mlperf run kws.tflite --board mps2-an386 --mode performance[/]"

Mode = Literal["accuracy", "performance"]
Model = Annotated[Path, typer.Argument(help="A quantized .tflite; one with state is reset for an inference.")]
BoardName = Annotated[str, typer.Option("--board", "-b", help="Board name or folder.")]
Baud = Annotated[int, typer.Option(help="Bits a second: 115200, or 9600 where energy is measured.")]
ModelId = Annotated[str, typer.Option(help="What the runner chooses its script by.")]
Steps = Annotated[
    int | None, typer.Option(min=1, help="Most steps of one inference of a model with state [default: 25].")
]
Work = Annotated[Path, typer.Option(help="Folder for generated C and firmware.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Speak the serial interface of MLPerf Tiny.")
    group.command("build", epilog=BUILD_EXAMPLE)(build)
    group.command("run", epilog=RUN_EXAMPLE)(run)
    group.callback()(_modes)
    app.add_typer(group, name="mlperf")


def _modes() -> None:
    """Speak the serial interface of MLPerf Tiny."""


def build(
    model: Model,
    board: BoardName,
    output: Annotated[Path, typer.Option("-o", "--output", help="The image to write.")] = Path("mlperf.elf"),
    baud: Baud = 115_200,
    model_id: ModelId = "kws01",
    steps: Steps = None,
    work: Work = Path("build/mlperf"),
) -> None:
    """Build firmware that the public runner of MLPerf Tiny can drive."""
    from skipstone.firmware.codegen.boards import load_board
    from skipstone.quantize.tflite.reader import read_file_bytes
    from skipstone.tools.mlperf.firmware import build_benchmark, read_benchmark_model

    target = load_board(board)
    benchmark = read_benchmark_model(read_file_bytes(model), model.stem, steps)
    with _progress() as bar:
        bar.add_task(f"building for {target.name}", total=None)
        built = build_benchmark(benchmark, target, work / target.name, output, model_id, baud)
    print(f"{built.elf}: {model_id} on {target.title}, {baud} baud")
    print(f"  input  {benchmark.width:,} bytes a step, at most {benchmark.most_steps} steps")
    print(f"  flash  {built.flash:,} of {built.flash_limit:,} bytes")
    print(f"  RAM    {built.ram:,} of {built.ram_limit:,} bytes")


def run(
    model: Model,
    board: BoardName,
    mode: Annotated[Mode, typer.Option(help="Mode of the runner.")] = "accuracy",
    data: Annotated[
        Path | None,
        typer.Option(help="A raw input, or a folder of them with y_labels.csv; random bytes if left out."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Number of random inputs.")] = 10,
    loops: Annotated[int, typer.Option(min=1, help="Performance: loops.")] = 5,
    inferences: Annotated[int, typer.Option(min=1, help="Performance: timed inferences of a loop.")] = 70,
    warmups: Annotated[int, typer.Option(min=0, help="Performance: inferences before them.")] = 10,
    baud: Baud = 115_200,
    model_id: ModelId = "kws01",
    steps: Steps = None,
    port: Annotated[str | None, typer.Option(help="Serial port of a real board.")] = None,
    work: Work = Path("build/mlperf"),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the outcome as JSON.")] = None,
) -> None:
    """Build, flash, and drive the board as the public runner does; exit code 1 if a result is not TFLM's.

    Accuracy: one inference an input, every result compared with stock TFLM. Performance: the median of the
    loops; on a virtual board the time is modelled.
    """
    import json

    from skipstone.firmware.codegen.boards import load_board
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.tflite.reader import read_file_bytes
    from skipstone.tools.mlperf.dataset import random_samples, read_samples
    from skipstone.tools.mlperf.errors import MlperfError
    from skipstone.tools.mlperf.firmware import build_benchmark, read_benchmark_model
    from skipstone.tools.mlperf.modes import Accuracy, Performance, run_accuracy, run_performance
    from skipstone.tools.mlperf.session import benchmark_board, time_kind

    target = load_board(board)
    benchmark = read_benchmark_model(read_file_bytes(model), model.stem, steps)
    samples = random_samples(benchmark, count) if data is None else read_samples(data, benchmark)
    elf = work / target.name / "mlperf.elf"
    with _progress() as bar:
        task = bar.add_task(f"building for {target.name}", total=None)
        build_benchmark(benchmark, target, work / target.name, elf, model_id, baud)
        is_accuracy = mode == "accuracy"
        bar.update(task, description=mode, total=len(samples) if is_accuracy else loops)
        with benchmark_board(target, elf, baud, port) as client:
            outcome: Accuracy | Performance
            if is_accuracy:
                outcome = run_accuracy(client, benchmark, samples, lambda: bar.advance(task))
            else:
                outcome = run_performance(
                    client, samples, time_kind(port), loops, inferences, warmups, lambda: bar.advance(task)
                )
    if json_file is not None:
        write_file(json_file, json.dumps(outcome.as_dict(), indent=1) + "\n")
    head = f"{outcome.model} on {outcome.device}"
    if not isinstance(outcome, Accuracy):
        print(f"{head}: {outcome.median_per_second:.2f} inferences/s ({outcome.kind})")
        return
    if outcome.different:
        shown = ", ".join(outcome.different[:5])
        raise MlperfError(
            f"{head}: {len(outcome.different)} of {outcome.inputs} results are not stock TFLM's: {shown}",
            f"look for the operator: skipstone validate {model} --board {board}",
        )
    print(f"{head}: {outcome.inputs} results, every byte is stock TFLM's")
    if outcome.labelled:
        share = 100 * outcome.correct / outcome.labelled
        print(f"  top-1 {share:.1f} % of {outcome.labelled} labelled inputs")


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
