"""``skipstone run``: from a model and clips to a verified result bundle, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = (
    "Example: [bold]skipstone run models/commands/model.tflite models/commands/clips/manifest.jsonl "
    "--board mps2-an386 --board mps3-an547 -o runs/commands[/]   ·   the demo: [bold]skipstone run --demo[/]"
)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""

    @app.command(epilog=EXAMPLE)
    def run(
        model: Annotated[Path | None, typer.Argument(help="The .tflite file.")] = None,
        clips: Annotated[
            list[Path] | None, typer.Argument(help="Audio files, or manifests (.jsonl) with texts.")
        ] = None,
        board: Annotated[list[str] | None, typer.Option(help="Board name or folder (repeatable).")] = None,
        port: Annotated[str | None, typer.Option(help="Serial port of a real board.")] = None,
        output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the result bundle.")] = Path(
            "runs/latest"
        ),
        work: Annotated[Path, typer.Option(help="Folder for generated C and firmware.")] = Path("build/run"),
        limit: Annotated[int | None, typer.Option(min=1, help="Use at most this many clips.")] = None,
        npu: Annotated[
            str | None, typer.Option(help="Run blocks on this NPU of the boards, such as ethos-u55-128.")
        ] = None,
        demo: Annotated[
            bool, typer.Option("--demo", help="Convert and run the model of this repository on M4 and M55.")
        ] = False,
    ) -> None:
        """Generate C, build, flash, stream clips over serial, compare every step with TFLM, write a report.

        Exits with 1 when any step differs from TFLM.
        """
        from rich.console import Console
        from skipstone.tools.run.demo import prepare_demo, write_summary
        from skipstone.tools.run.pipeline import run_pipeline
        from skipstone.tools.run.progress import run_progress
        from skipstone.tools.run.settings import RunSettings
        from skipstone.tools.run.summary import print_summary

        console = Console()
        with run_progress(Console(stderr=True)) as progress:
            if demo:
                if model is not None or npu is not None:
                    raise typer.BadParameter("--demo brings its own model, clips and boards")
                settings = prepare_demo(Path.cwd(), tuple(board or ()), progress)
            else:
                if model is None:
                    raise typer.BadParameter("name a .tflite file, or use --demo")
                settings = RunSettings(
                    model, tuple(clips or ()), tuple(board or ()), output, work / model.stem, port, limit, npu
                )
            bundle = run_pipeline(settings, progress)
        if demo:
            write_summary(bundle.record)
        print_summary(bundle.record, settings.output, console)
        raise typer.Exit(0 if bundle.record.verdict != "invalid" else 1)
