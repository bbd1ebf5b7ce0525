"""A profile as tables for a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text
from skipstone.tools.profile.npu_table import npu_lines
from skipstone.tools.profile.record import CostProfile, PartCost


def profile_table(profile: CostProfile) -> Group:
    """Per block: runs, skipped, instructions, cycles, energy, share; then the whole step."""
    table = Table(
        title=f"{profile.board}: {len(profile.steps)} steps, gates {profile.gates}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("block")
    columns = (
        "runs",
        "skipped",
        f"instructions\n({profile.instructions_kind})",
        f"cycles\n({profile.cycles_kind})",
        f"active µJ\n({profile.energy.kind})",
        "share",
    )
    for heading in columns:
        table.add_column(heading, justify="right")
    for part in profile.blocks:
        table.add_row(*_row(part))
    table.add_section()
    for part in profile.fixed:
        table.add_row(*_row(part), style="dim")
    lanes = [] if profile.npu is None else npu_lines(profile, profile.npu)
    return Group(table, *_summary(profile), *lanes)


def _row(part: PartCost) -> tuple[str, ...]:
    steps = part.runs + part.skips
    skipped = f"{part.skips / steps:.0%}" if steps else "–"
    return (
        part.name,
        f"{part.runs:,}",
        skipped,
        f"{part.instructions:,.0f}",
        f"{part.cycles:,.0f}",
        f"{part.energy_uj:,.2f}",
        f"{part.share:.1%}",
    )


def _summary(profile: CostProfile) -> list[Text]:
    energy = profile.energy
    error = profile.cycles_uncertainty_percent
    kind = f"{profile.cycles_kind} ±{error} %" if error else profile.cycles_kind
    work = f"{profile.load:.1%} of {energy.step_seconds * 1000:.0f} ms at {profile.clock_hz / 1e6:.0f} MHz"
    active = f"{energy.active_uj(profile.mean_cycles):,.1f} active + {energy.idle_uj:,.1f} idle floor"
    return [
        Text(f"step, mean: {profile.mean_instructions:,.0f} instructions ({profile.instructions_kind})"),
        Text(f"            {profile.mean_cycles:,.0f} cycles ({kind}; {profile.cycles_source}), {work}"),
        Text(f"            {profile.mean_energy_uj:,.1f} µJ ({energy.kind}) = {active}"),
        Text(f"energy coefficients: {energy.source}", style="dim"),
    ]
