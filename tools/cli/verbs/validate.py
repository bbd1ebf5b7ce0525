"""``skipstone validate``: a model on a board against stock TFLM, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from skipstone.tools.validate.run import Validation

EXAMPLE = "Example: [bold]skipstone validate model.tflite --board mps2-an386 --data clip.wav[/]"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.command("validate", epilog=EXAMPLE)(validate_model)


def validate_model(
    model: Annotated[Path, typer.Argument(help="A quantized .tflite, gated or not, of any origin.")],
    board: Annotated[str, typer.Option("--board", "-b", help="Board name or folder.")],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Features (.npy [steps, …] of the model's type), audio or a manifest; random if left out."
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="The most steps of a stream.")] = 200,
    port: Annotated[str | None, typer.Option(help="Serial port of a real board.")] = None,
    work: Annotated[Path, typer.Option(help="Folder for generated C and firmware.")] = Path("build/validate"),
    locate: Annotated[bool, typer.Option(help="On a difference, look for the operator at fault.")] = True,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the outcome as JSON.")] = None,
) -> None:
    """Generate, build, flash, run, and compare every output and state; exit code 1 on a difference.

    Outputs and gate bits are compared with stock TFLM, states with the integer model, whose outputs are
    compared with TFLM at every step. A gated model runs with its arbitrators, with all gates open and with
    none. After a difference, shorter models are built to name the first operator that goes wrong.
    """
    import json

    from rich.console import Console
    from rich.progress import Progress
    from skipstone.firmware.codegen.boards import load_board
    from skipstone.firmware.codegen.generate import compile_network
    from skipstone.firmware.codegen.importer import build_network
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.tflite.reader import read_file_bytes, read_model
    from skipstone.tools.validate.errors import DifferenceError
    from skipstone.tools.validate.features import random_features, read_stream
    from skipstone.tools.validate.reference import Reference
    from skipstone.tools.validate.run import GATE_SOURCES, Bench, validate

    target, content = load_board(board), read_file_bytes(model)
    compile_network(build_network(content, model.stem))  # what has no C is named as analyze names it
    reference = Reference(content)
    width = reference.width
    rows = (
        random_features(steps, width, reference.dtype)
        if data is None
        else read_stream(data, read_model(content), width, reference.dtype, steps)
    )
    streams = len(GATE_SOURCES) if reference.block_count else 1
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("steps", total=streams * len(rows))
        bench = Bench(
            target,
            work / target.name,
            port,
            tell=lambda text: bar.update(task, description=text),
            advance=lambda done: bar.advance(task, done),
        )
        outcome = validate(content, model.stem, rows, bench, should_locate=locate)
    if json_file is not None:
        write_file(json_file, json.dumps(outcome.as_dict(), indent=1, ensure_ascii=False) + "\n")
    if not outcome.is_equal:
        raise DifferenceError(*_explain(outcome))
    streams_text = "" if streams == 1 else f" with gates by {', '.join(outcome.gates)}"
    print(
        f"{outcome.model} on {outcome.board}: {len(rows)} steps{streams_text}: "
        f"every output byte is stock TFLM's, {outcome.states} states are right"
    )


def _explain(outcome: Validation) -> tuple[str, str]:
    lines = "\n  ".join(str(difference) for difference in outcome.differences)
    cause = f"{outcome.model} on {outcome.board} differs from stock TFLM\n  {lines}"
    if outcome.first is None:
        return cause, "report it with the model and this command; see docs/how-to/validate-a-model.md"
    first = outcome.first
    unseen = f" or what it reads: {', '.join(first.unseen)}" if first.unseen else ""
    return (
        f"{cause}\nfirst operator that differs: {first.operator.lower()} '{first.name}'{unseen} "
        f"({first.difference}; {first.builds} shorter models built)",
        "report it with the model and this line: the kernel of that operator is wrong on this board",
    )
