"""An analysis as tables for people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Column, Table
from skipstone.tools.analyze.analysis import Analysis, StepOperation

_OF_TWO_BRANCHES = (
    "of an IF that no gate switches only the dearer branch is listed: MACs and instructions are upper bounds"
)


def analysis_tables(analysis: Analysis) -> RenderableType:
    """All tables of one analysis, or the list of what is unsupported."""
    if not analysis.is_supported:
        return Group(_operator_counts(analysis), _findings(analysis))
    parts = [_summary(analysis), _operators(analysis)]
    if analysis.blocks:
        parts.append(_blocks(analysis))
    return Group(*parts, _fits(analysis))


def _findings(analysis: Analysis) -> Table:
    table = Table("where", "what", "what to do", title="not supported", title_justify="left")
    for finding in analysis.findings:
        table.add_row(escape(finding.subject), escape(finding.problem), escape(finding.remedy))
    return table


def _operator_counts(analysis: Analysis) -> Table:
    title = f"{escape(analysis.model)}: operators in the file"
    table = Table("operator", "count", title=title, title_justify="left")
    for operator in analysis.operators:
        table.add_row(operator.name, str(operator.count))
    return table


def _summary(analysis: Analysis) -> Table:
    title = f"{escape(analysis.model)} for {analysis.board} ({analysis.core})"
    table = Table(title=title, show_header=False, title_justify="left")
    listed = ", ".join(f"{operator.count} {operator.name}" for operator in analysis.operators)
    table.add_row("operators in the file", listed)
    table.add_row("supported", "every one of them")
    opened = analysis.fixed_macs + analysis.arbitrator_macs + sum(block.macs for block in analysis.blocks)
    if analysis.blocks:
        table.add_row(
            "MACs a step",
            f"{analysis.fixed_macs:,} always, {analysis.arbitrator_macs:,} arbitrators, "
            f"{opened:,} with all gates open",
        )
    else:
        table.add_row("MACs a step", f"{opened:,}")
    table.add_row("weights", f"{analysis.weight_bytes:,} bytes, packed for the board")
    table.add_row("state", f"{analysis.state_bytes:,} bytes in {analysis.state_count} states")
    bound = analysis.arena_lower_bound_bytes
    table.add_row("arena", f"{analysis.arena_bytes:,} bytes (lower bound {bound:,})")
    table.add_row("instructions a step", _instructions(analysis))
    return table


def _instructions(analysis: Analysis) -> str:
    shut, opened = f"{analysis.shut_instructions:,.0f}", f"{analysis.open_instructions:,.0f}"
    figure = f"{shut} with no gate open, {opened} with all" if analysis.blocks else opened
    lines = [f"{figure} (modelled from costs of kernels counted on the {analysis.costs_of.upper()}"]
    if analysis.worst_error_percent is not None:
        lines[0] += f"; worst error on whole models {analysis.worst_error_percent:.1f} %"
    lines[0] += ")"
    if analysis.unknown_kernels:
        lines.append(f"at least: {', '.join(analysis.unknown_kernels)} have no recorded cost")
    return "\n".join(lines)


@dataclass
class _Sum:
    count: int = 0
    macs: int = 0
    constant_bytes: int = 0
    instructions: float = 0.0
    is_known: bool = True

    def add(self, operation: StepOperation) -> None:
        self.count += 1
        self.macs += operation.macs
        self.constant_bytes += operation.constant_bytes
        self.instructions += operation.instructions or 0.0
        self.is_known &= operation.instructions is not None


def _operators(analysis: Analysis) -> Table:
    """One row an operator and kernel, the costliest first; every gate open, of other IF the dearer branch."""
    sums: dict[tuple[str, str], _Sum] = defaultdict(_Sum)
    counted = [operation for operation in analysis.operations if operation.is_counted]
    for operation in counted:
        sums[operation.operator, operation.kernel].add(operation)
    table = Table(
        Column("operator", overflow="fold"),
        Column("runs as", overflow="fold"),
        *(_right(name) for name in ("count", "MACs", "weights", "instructions", "share")),
        title="a step with every gate open",
        title_justify="left",
        caption=None if len(counted) == len(analysis.operations) else _OF_TWO_BRANCHES,
        caption_justify="left",
    )
    for (operator, kernel), one in sorted(sums.items(), key=lambda item: -item[1].instructions):
        share = f"{100 * one.instructions / analysis.open_instructions:.1f} %"
        figures = (f"{one.instructions:,.0f}", share) if one.is_known else ("not recorded", "")
        table.add_row(operator, kernel, str(one.count), f"{one.macs:,}", f"{one.constant_bytes:,}", *figures)
    return table


def _blocks(analysis: Analysis) -> Table:
    table = Table(
        "gated block",
        "kind",
        *(_right(name) for name in ("MACs", "weights", "instructions saved when shut")),
        title="what is gated",
        title_justify="left",
    )
    for block in analysis.blocks:
        saved = "not recorded" if block.instructions is None else f"{block.instructions:,.0f}"
        table.add_row(escape(block.name), block.kind, f"{block.macs:,}", f"{block.weight_bytes:,}", saved)
    return table


def _fits(analysis: Analysis) -> Table:
    title = "fits (weights in flash; arena, state and stack in RAM; program code comes on top)"
    table = Table("board", "fits", _right("flash"), _right("RAM"), title=title, title_justify="left")
    for fit in analysis.fits:
        flash = f"{fit.flash_bytes:,} of {fit.flash_limit:,}"
        table.add_row(
            fit.board, "yes" if fit.fits else "[red]no[/]", flash, f"{fit.ram_bytes:,} of {fit.ram_limit:,}"
        )
    return table


def _right(name: str) -> Column:
    return Column(name, justify="right")
