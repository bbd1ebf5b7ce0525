"""The table that ``skipstone latency`` prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from skipstone.tools.device.results import DeviceInfo
from skipstone.tools.latency.measure import PERCENTILE, LatencyRow


def latency_table(info: DeviceInfo, rows: Sequence[LatencyRow]) -> Table:
    """A row a gate source; milliseconds, the kind of the compute time in the heading."""
    clock = f"{info.clock_hz / 1e6:g} MHz"
    table = Table(
        title=f"{info.board}: from the end of a word to its emission, median and {PERCENTILE} % in ms",
        title_justify="left",
    )
    table.add_column("gates")
    for heading in ("recognised", "delay", f"compute, {clock} ({info.cycles_kind})", "both"):
        table.add_column(heading, justify="right")
    for row in rows:
        figures = row.as_dict()
        times = [
            f"{figures[f'{name}_median_ms']:.1f}, {figures[f'{name}_p{PERCENTILE}_ms']:.1f}"
            for name in ("delay", "compute", "delay_with_compute")
        ]
        table.add_row(row.gates, f"{len(row.delays):,} of {row.spoken:,} words", *times)
    return table
