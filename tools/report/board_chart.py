"""Bars: instructions per step on every board with all blocks on, gated, and with none on."""

from __future__ import annotations

from html import escape

from skipstone.tools.report.numbers import percent, short
from skipstone.tools.run.record import BoardRecord, GateSource

WIDTH = 1120
LEFT = 168
RIGHT = 170
BAR = 15
GROUP = 62
SERIES: tuple[tuple[GateSource, str], ...] = (("all", "all on"), ("arbitrator", "gated"), ("none", "none on"))
STYLES = {"all": "all", "arbitrator": "gated", "none": "none"}


def draw(boards: tuple[BoardRecord, ...]) -> str:
    """The chart as inline SVG, one group of three bars a board, one common scale."""
    highest = max(board.of(gates).instructions_per_step for board in boards for gates, _ in SERIES) or 1.0
    height = GROUP * len(boards) + 6
    parts = [
        f'<svg class="boards" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-label="Instructions per step and board">'
    ]
    for index, board in enumerate(boards):
        parts.append(_group(board, GROUP * index + 8, highest))
    return "".join(parts) + "</svg>"


def _group(board: BoardRecord, top: float, highest: float) -> str:
    plot = WIDTH - LEFT - RIGHT
    everything = board.of("all").instructions_per_step or 1.0
    parts = [
        f'<text class="board-name" x="0" y="{top + 17}">{escape(board.name)}</text>'
        f'<text class="board-core" x="0" y="{top + 33}">{escape(board.core)}</text>'
    ]
    for row, (gates, label) in enumerate(SERIES):
        value = board.of(gates).instructions_per_step
        y = top + row * (BAR + 2)
        length = max(plot * value / highest, 1.0)
        share = "" if gates == "all" else f" · {percent(value / everything)}"
        parts.append(
            f'<text class="series" x="{LEFT - 10}" y="{y + 11.5}">{label}</text>'
            f'<rect class="bar {STYLES[gates]}" x="{LEFT}" y="{y}" width="{length:.1f}" '
            f'height="{BAR}" rx="2"/>'
            f'<text class="value" x="{LEFT + length + 8:.1f}" y="{y + 11.5}">{short(value)}{share}</text>'
        )
    return "".join(parts)
