"""``skipstone report``: render the report of a result bundle again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: [bold]skipstone report build/demo/run[/]"


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""

    @app.command(epilog=EXAMPLE)
    def report(
        run: Annotated[Path, typer.Argument(help="Folder that `skipstone run` wrote.")],
        output: Annotated[
            Path | None, typer.Option("-o", "--output", help="Write the HTML here, not into the bundle.")
        ] = None,
    ) -> None:
        """Render the report of a run again from its run.json and frames.npz."""
        from skipstone.quantize.artefacts import write_file
        from skipstone.tools.report.render import render
        from skipstone.tools.run.bundle import REPORT, read_bundle, write_manifest

        html = render(read_bundle(run))
        place = output or run / REPORT
        write_file(place, html)
        if output is None:
            write_manifest(run)
        typer.echo(f"report: {place}")
