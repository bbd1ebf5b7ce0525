"""The NPU's lane of a profile, for a terminal."""

from __future__ import annotations

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from skipstone.tools.npu.costs import NpuCosts, NpuPart
from skipstone.tools.profile.record import CostProfile


def npu_lines(profile: CostProfile, npu: NpuCosts) -> list[RenderableType]:
    """Per block: jobs, cycles, flash traffic of a run, and what skipping saves a step; then the step."""
    title = f"{profile.board}: NPU, a run of each block; saved: mean of a step"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("block")
    headings = (
        "jobs",
        f"cycles\n{npu.cycles_kind}",
        "cycles\nestimated",
        "flash\nbytes",
        "cycles\nsaved",
        "flash\nsaved",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for part, cost in zip(npu.blocks, profile.blocks, strict=True):
        table.add_row(*_row(part, cost.skips / max(cost.runs + cost.skips, 1)))
    table.add_section()
    table.add_row(*_row(npu.every_step, 0.0), style="dim")
    return [table, *_summary(profile, npu)]


def _row(part: NpuPart, skipped: float) -> tuple[str, ...]:
    flash = part.flash_bytes
    return (
        part.name,
        f"{part.jobs:g}",
        f"{part.cycles:,.0f}",
        "–" if part.estimated_cycles is None else f"{part.estimated_cycles:,}",
        "–" if flash is None else f"{flash:,}",
        f"{skipped * part.cycles:,.0f}" if part.jobs or not skipped else "–",
        "–" if flash is None else f"{skipped * flash:,.0f}",
    )


def _summary(profile: CostProfile, npu: NpuCosts) -> list[Text]:
    cycles = npu.step_cycles(profile.steps.gates)
    lines = [Text(f"step, mean: {cycles.mean():,.0f} cycles of the NPU ({npu.cycles_kind}); the CPU sleeps")]
    started = [
        (cost.instructions * cost.runs, part.jobs * cost.runs)
        for cost, part in zip(profile.blocks, npu.blocks, strict=True)
        if part.jobs
    ]
    jobs = sum(count for _, count in started)
    if jobs:
        mean = sum(instructions for instructions, _ in started) / jobs
        kind = profile.instructions_kind
        text = f"a job: {mean:,.0f} instructions of the CPU ({kind}), mean over the blocks with jobs:"
        lines.append(Text(f"{text} starting it, and what the block leaves to the CPU"))
    if npu.estimate is not None:
        lines.append(Text(f"estimates of Vela for {npu.estimate}; energy of the NPU is not modelled", "dim"))
    return lines
