"""``skipstone doctor``: what is installed, what is missing, and the command that mends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from skipstone.tools.doctor.findings import Finding

EXAMPLE = "Example: [bold]skipstone doctor[/]   ·   machine-readable: [bold]skipstone doctor --json[/]"
STYLES = {"ok": "green", "wrong version": "yellow", "missing": "red"}


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""

    @app.command(epilog=EXAMPLE)
    def doctor(
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
        quiet: Annotated[bool, typer.Option("--quiet", help="Print only what has to be mended.")] = False,
    ) -> None:
        """Show what is installed, missing or of the wrong version; exit with 1 if a required part lacks."""
        from skipstone.tools.doctor.components import examine_all

        findings = examine_all()
        blocked = [finding for finding in findings if finding.blocks]
        if as_json:
            report = {"ready": not blocked, "components": [finding.as_dict() for finding in findings]}
            print(json.dumps(report, indent=2))
        elif blocked or not quiet:
            Console().print(findings_table(blocked if quiet else findings))
        raise typer.Exit(1 if blocked else 0)


def findings_table(findings: list[Finding]) -> Table:
    """The findings as a table, one row a component, a section a group."""
    table = Table(title="Skipstone: components of this machine", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("component", no_wrap=True)
    table.add_column("status", min_width=8, overflow="fold")
    for heading in ("found", "wanted"):
        table.add_column(heading, max_width=11, overflow="ellipsis", no_wrap=True)
    table.add_column("to mend it", min_width=12, overflow="fold")
    group = None
    for finding in findings:
        if finding.group != group:
            group = finding.group
            table.add_section()
            table.add_row(f"[bold]{group}[/]")
        style = STYLES[str(finding.status)]
        if not finding.required and style == "red":
            style = "dim"
        status = str(finding.status) if finding.required else f"{finding.status} (optional)"
        shown = status if finding.status != "ok" else "ok"
        table.add_row(
            finding.name,
            f"[{style}]{shown}[/]",
            finding.found,
            finding.wanted,
            escape(finding.remedy),
        )
    return table
