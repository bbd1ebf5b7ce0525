"""``skipstone import``: float models of other frameworks → int8 .tflite."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: [bold]skipstone import keras kws.keras --representative steps.npy -o kws.tflite[/]"


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Turn a small float model of another framework into an int8 .tflite.")
    group.command("keras", epilog=EXAMPLE)(import_keras)
    group.callback()(_frameworks)
    app.add_typer(group, name="import")


def _frameworks() -> None:
    """Turn a small float model of another framework into an int8 .tflite."""


def import_keras(
    model: Annotated[Path, typer.Argument(help="A .keras file: static shapes, batch 1, one step.")],
    representative: Annotated[
        Path, typer.Option("--representative", "-r", help="A .npy: float steps of real streams, in order.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .tflite to write.")],
    layers: Annotated[
        Path | None, typer.Option("--layers", help="Python file that registers the model's own layers.")
    ] = None,
) -> None:
    """Quantize a Keras model to int8 with representative data (extra keras: TensorFlow).

    What has no C is named in full before anything is written. The file of --layers is executed.
    """
    from skipstone.firmware.codegen.generate import compile_network
    from skipstone.firmware.codegen.importer import build_network
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.importing.keras_model import convert_keras
    from skipstone.quantize.importing.representative import read_representative

    data = convert_keras(model, read_representative(representative), layers)
    network = build_network(data, output.stem)
    compile_network(network)
    write_file(output, data)
    shapes = [list(value.shape) for value in network.main.inputs]
    typer.echo(f"{output}: {len(data):,} bytes, input int8{shapes[0]}, {len(network.states)} states")
