"""``skipstone dial``: error against compute of one model on a board, by its threshold offset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = (
    "Example: [bold]skipstone dial models/commands/model.tflite --board mps2-an386 "
    "--manifest models/commands/clips/manifest.jsonl --offsets -40:40:20 -o dial.json --plot dial.png[/]"
)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""

    @app.command(epilog=EXAMPLE)
    def dial(
        model: Annotated[Path, typer.Argument(help="A .tflite that skipstone convert wrote.")],
        manifest: Annotated[Path, typer.Option(help="JSONL manifest with texts.")],
        board: Annotated[str, typer.Option(help="Board name or folder.")],
        port: Annotated[str | None, typer.Option(help="Serial port of a real board.")] = None,
        offsets: Annotated[
            str, typer.Option(help="Threshold offsets, -128 to 127: first:last:step, or numbers by commas.")
        ] = "-60:60:15",
        limit: Annotated[int | None, typer.Option(min=1, help="Use at most this many utterances.")] = None,
        output: Annotated[
            Path | None, typer.Option("-o", "--output", help="Write the curve as JSON.")
        ] = None,
        plot: Annotated[Path | None, typer.Option(help="Draw the curve (.png, .svg or .pdf).")] = None,
        work: Annotated[Path, typer.Option(help="Folder for generated C and firmware.")] = Path("build/dial"),
    ) -> None:
        """Sweep the threshold offset at run time: word errors and instructions a step, without retraining."""
        from skipstone.tools.dial.offsets import parse_offsets
        from skipstone.tools.dial.show import check_picture

        chosen = parse_offsets(offsets)
        if plot is not None:
            check_picture(plot)
        _dial(model, manifest, board, port, chosen, limit, output, plot, work)


def _dial(
    model: Path,
    manifest: Path,
    board: str,
    port: str | None,
    offsets: tuple[int, ...],
    limit: int | None,
    output: Path | None,
    plot: Path | None,
    work: Path,
) -> None:
    import json

    from rich.console import Console
    from skipstone.firmware.codegen.boards import load_board
    from skipstone.quantize.artefacts import write_file
    from skipstone.quantize.corpora.manifest import read_manifest
    from skipstone.quantize.evaluation.evaluate import SpeechMetadata
    from skipstone.quantize.tflite.reader import read_file_bytes, read_model
    from skipstone.tools.dial.record import DialRecord
    from skipstone.tools.dial.show import dial_table, draw
    from skipstone.tools.dial.sweep import spoken_clips, sweep
    from skipstone.tools.run.firmware import make_firmware
    from skipstone.tools.run.flashed import flashed
    from skipstone.tools.run.progress import run_progress

    known = load_board(board)
    metadata = SpeechMetadata.of(read_model(read_file_bytes(model)))
    utterances = read_manifest(manifest)[:limit]
    with run_progress(Console(stderr=True)) as progress:
        with progress.stage("read clips"):
            clips = spoken_clips(utterances, metadata)
        with progress.stage(f"{known.name}: code, build"):
            elf = make_firmware(model, known, work / model.stem / known.name)
        with flashed(known, elf, port, progress.stage(f"{known.name}: flash")) as device:
            steps = sum(len(clip.features) for clip in clips) * (len(offsets) + 1)
            with progress.stage(f"{known.name}: {len(offsets) + 1} settings", steps) as advance:
                points = sweep(device, clips, metadata, offsets, advance)
            info = device.info
    record = DialRecord(
        info.board, info.model_sha256, manifest.name, len(clips), info.instructions_kind, info.cycles_kind,
        tuple(points),
    )  # fmt: skip
    if output is not None:
        write_file(output, json.dumps(record.as_dict(), indent=1) + "\n")
    if plot is not None:
        draw(record, plot)
    Console().print(dial_table(record))
