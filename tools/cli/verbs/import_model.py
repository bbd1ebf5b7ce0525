"""``skipstone import``: float models of other frameworks → int8 .tflite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

KERAS_EXAMPLE = "Example: [bold]skipstone import keras kws.keras --representative steps.npy -o kws.tflite[/]"
TORCH_EXAMPLE = "Example: [bold]skipstone import torch kws.pt2 --representative steps.npy -o kws.tflite[/]"

Representative = Annotated[
    Path, typer.Option("--representative", "-r", help="A .npy: float steps of real streams, in order.")
]
Output = Annotated[Path, typer.Option("--output", "-o", help="The .tflite to write.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Turn a small float model of another framework into an int8 .tflite.")
    group.command("keras", epilog=KERAS_EXAMPLE)(import_keras)
    group.command("torch", epilog=TORCH_EXAMPLE)(import_torch)
    group.callback()(_frameworks)
    app.add_typer(group, name="import")


def _frameworks() -> None:
    """Turn a small float model of another framework into an int8 .tflite."""


def import_keras(
    model: Annotated[Path, typer.Argument(help="A .keras file: static shapes, batch 1, one step.")],
    representative: Representative,
    output: Output,
    layers: Annotated[
        Path | None, typer.Option("--layers", help="Python file that registers the model's own layers.")
    ] = None,
) -> None:
    """Quantize a Keras model to int8 with representative data (extra keras: TensorFlow).

    What has no C is named in full before anything is written. The file of --layers is executed.
    """
    from skipstone.quantize.importing.keras_model import convert_keras
    from skipstone.quantize.importing.representative import read_representative

    _write_if_it_compiles(convert_keras(model, read_representative(representative), layers), output)


def import_torch(
    model: Annotated[
        Path, typer.Argument(help="A .pt2 file of torch.export.save: static shapes, batch 1, one step.")
    ],
    representative: Representative,
    output: Output,
) -> None:
    """Quantize a PyTorch model to int8 with representative data (extra torch-import: LiteRT Torch).

    The first input is the features of a step, every other one a state; the model returns the result, then
    the new states. States become resource variables of the .tflite and start at zero. What has no C is named
    in full before anything is written.
    """
    from skipstone.quantize.importing.representative import read_representative
    from skipstone.quantize.importing.torch_model import convert_torch

    _write_if_it_compiles(convert_torch(model, read_representative(representative)), output)


def _write_if_it_compiles(data: bytes, output: Path) -> None:
    """Write the .tflite and say what it is.

    Raises:
        CodegenError: it holds what has no C; nothing is written.
    """
    from skipstone.firmware.codegen.generate import compile_network
    from skipstone.firmware.codegen.importer import build_network
    from skipstone.quantize.artefacts import write_file

    network = build_network(data, output.stem)
    program = compile_network(network)
    write_file(output, data)
    shapes = [list(value.shape) for value in network.main.inputs]
    states = len(program.states)
    plural = "" if states == 1 else "s"
    typer.echo(f"{output}: {len(data):,} bytes, input int8{shapes[0]}, {states} state{plural}")
