"""``skipstone profile``: what every block costs on a board, clip by clip."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

EXAMPLE = (
    "Example: [bold]skipstone profile --board mps2-an386 models/commands/clips/*.wav --json profile.json[/]"
)
GATE_SOURCES = ("arbitrator", "all", "none")


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""

    @app.command(epilog=EXAMPLE)
    def profile(
        clips: Annotated[list[Path], typer.Argument(help="16 kHz mono audio files.")],
        board: Annotated[str | None, typer.Option(help="Board name, or path of a board folder.")] = None,
        port: Annotated[str | None, typer.Option(help="Serial port of a real board.")] = None,
        gates: Annotated[str, typer.Option(help="arbitrator, all or none.")] = "arbitrator",
        code: Annotated[
            Path | None,
            typer.Option(help="Output of `codegen --npu` that the board runs: adds Vela's estimates."),
        ] = None,
        json_file: Annotated[
            Path | None, typer.Option("--json", help="Write the whole profile here.")
        ] = None,
    ) -> None:
        """Stream clips through a flashed board and print instructions, cycles and energy per block."""
        import json

        from rich.progress import Progress
        from skipstone.firmware.codegen.boards import load_board
        from skipstone.quantize.artefacts import write_file
        from skipstone.tools.device import open_device
        from skipstone.tools.npu.job_table import read_job_table
        from skipstone.tools.profile import clip_features, profile_features, profile_table

        if gates not in GATE_SOURCES:
            raise typer.BadParameter(f"'{gates}' is none of {', '.join(GATE_SOURCES)}", param_hint="--gates")
        jobs = None if code is None else read_job_table(code)
        with open_device(board, port) as device:
            streams = clip_features(clips, device.info.frames_per_step)
            with Progress(console=Console(stderr=True)) as bar:
                task = bar.add_task("steps", total=sum(len(stream) for stream in streams))
                known = load_board(board or device.info.board)
                measured = profile_features(
                    device, known, streams, gates, lambda steps: bar.advance(task, steps), jobs
                )
        if json_file is not None:
            write_file(json_file, json.dumps(measured.as_dict(), indent=1))
        Console().print(profile_table(measured))
