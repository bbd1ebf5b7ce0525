"""One utterance on one time axis: text as it appeared, spectrogram, gate raster, cost of each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.report.numbers import percent, short
from skipstone.tools.report.spectrogram import data_uri

WIDTH = 1120
LEFT = 104
RIGHT = 116
PLOT = WIDTH - LEFT - RIGHT
TEXT_ROW = 17
SPECTROGRAM = 84
BLOCK_ROW = 11
COST = 96
NPU = 64
GAP = 16
AXIS = 26


@dataclass(frozen=True)
class CostLane:
    """Cost per step of one board for the three gate sources, each of length T.

    ``title``: what is counted, up to three lines.
    """

    board: str
    title: tuple[str, ...]
    gated: NDArray[np.generic]
    all_on: NDArray[np.generic]
    none_on: NDArray[np.generic]


@dataclass(frozen=True)
class UtteranceView:
    """What the figure of one utterance shows, T steps.

    ``features`` int8[T · frames_per_step, bins]; ``gates`` bool[T, B]; ``emissions`` (step, token) pairs.
    """

    identifier: str
    features: NDArray[np.int8]
    colour_range: tuple[float, float]
    gates: NDArray[np.bool_]
    block_names: tuple[str, ...]
    block_kinds: tuple[str, ...]
    emissions: tuple[tuple[int, str], ...]
    lanes: tuple[CostLane, ...]
    npu_lanes: tuple[CostLane, ...]
    step_seconds: float

    @property
    def steps(self) -> int:
        return int(self.gates.shape[0])

    def x(self, step: float) -> float:
        """Horizontal place of a step's start."""
        return LEFT + PLOT * step / self.steps


def draw(view: UtteranceView) -> str:
    """The figure as inline SVG; colours come from the page's style sheet."""
    words, rows = _place_words(view)
    top_spectrogram = 6 + rows * TEXT_ROW + 4
    top_gates = top_spectrogram + SPECTROGRAM + GAP
    top_cost = top_gates + BLOCK_ROW * len(view.block_names) + GAP
    top_npu = top_cost + COST + GAP
    bottom = top_npu + NPU if view.npu_lanes else top_cost + COST
    height = bottom + AXIS
    parts = [
        f'<svg class="utterance" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Spectrogram, open gates and cost per step of {escape(view.identifier)}" '
        f'data-left="{LEFT}" data-plot="{PLOT}" data-steps="{view.steps}" data-bottom="{bottom}">',
        _grid(view, top_spectrogram, bottom),
        _spectrogram(view, top_spectrogram),
        _gates(view, top_gates),
        *(_cost(view, lane, top_cost, COST) for lane in view.lanes),
        *(_cost(view, lane, top_npu, NPU) for lane in view.npu_lanes),
        _axis(view, bottom),
        _words(words, top_spectrogram, bottom),
        f'<line class="cursor" x1="0" x2="0" y1="{top_spectrogram}" y2="{bottom}"/>',
        f'<rect class="hover" x="{LEFT}" y="0" width="{PLOT}" height="{bottom}"/></svg>',
    ]
    return "".join(parts)


@dataclass(frozen=True)
class _Word:
    text: str
    x: float
    row: int


def _place_words(view: UtteranceView) -> tuple[list[_Word], int]:
    """Put each token at its emission time, in the first row where it overlaps no earlier one."""
    ends: list[float] = []
    words = []
    for step, token in view.emissions:
        text = token.replace("▁", "") or token
        x = view.x(step + 1)
        width = 8.4 * len(text) + 8
        x = min(x, WIDTH - width)
        row = next((index for index, end in enumerate(ends) if end <= x), len(ends))
        if row == len(ends):
            ends.append(0.0)
        ends[row] = x + width
        words.append(_Word(text, x, row))
    return words, max(len(ends), 1)


def _words(words: list[_Word], top: float, bottom: float) -> str:
    rows = max((word.row for word in words), default=0) + 1
    marks = []
    for word in words:
        y = 6 + TEXT_ROW * (rows - word.row) - 4
        marks.append(
            f'<line class="emission" x1="{word.x:.1f}" x2="{word.x:.1f}" y1="{y - 10}" y2="{bottom}"/>'
            f'<text class="word" x="{word.x + 4:.1f}" y="{y}">{escape(word.text)}</text>'
        )
    label = f'<text class="lane" x="{LEFT - 10}" y="{top - 8}">text</text>'
    return label + "".join(marks)


def _grid(view: UtteranceView, top: float, bottom: float) -> str:
    lines = [
        f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>' for x, _ in _ticks(view)
    ]
    return "".join(lines)


def _ticks(view: UtteranceView) -> list[tuple[float, str]]:
    seconds = view.steps * view.step_seconds
    spacing = next(value for value in (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 1e9) if seconds / value <= 12)
    count = int(seconds / spacing + 1e-9)
    return [
        (view.x(index * spacing / view.step_seconds), f"{index * spacing:g}") for index in range(count + 1)
    ]


def _axis(view: UtteranceView, bottom: float) -> str:
    parts = [f'<line class="axis" x1="{LEFT}" x2="{LEFT + PLOT}" y1="{bottom}" y2="{bottom}"/>']
    for x, label in _ticks(view):
        parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 15}">{label}</text>')
    parts.append(f'<text class="unit" x="{LEFT + PLOT + 10}" y="{bottom + 15}">time, s</text>')
    return "".join(parts)


def _spectrogram(view: UtteranceView, top: float) -> str:
    uri = data_uri(view.features, *view.colour_range)
    bins = view.features.shape[1]
    return (
        f'<image x="{LEFT}" y="{top}" width="{PLOT}" height="{SPECTROGRAM}" '
        f'preserveAspectRatio="none" href="{uri}"/>'
        f'<text class="lane" x="{LEFT - 10}" y="{top + SPECTROGRAM / 2}">{bins} log-mel</text>'
        f'<text class="lane" x="{LEFT - 10}" y="{top + SPECTROGRAM / 2 + 13}">bins</text>'
    )


def _gates(view: UtteranceView, top: float) -> str:
    height = BLOCK_ROW * len(view.block_names)
    parts = [f'<rect class="off" x="{LEFT}" y="{top}" width="{PLOT}" height="{height}"/>']
    for index, (name, kind) in enumerate(zip(view.block_names, view.block_kinds, strict=True)):
        y = top + BLOCK_ROW * index
        bits = view.gates[:, index]
        path = "".join(
            f"M{view.x(start):.1f} {y + 1}H{view.x(end):.1f}v{BLOCK_ROW - 2}H{view.x(start):.1f}z"
            for start, end in _runs(bits)
        )
        share = float(bits.mean()) if bits.size else 0.0
        bar = LEFT + PLOT + 10
        thickness = BLOCK_ROW - 4
        parts.append(f'<path class="on {_kind_class(kind)}" d="{path}"/>' if path else "")
        parts.append(
            f'<text class="block" x="{LEFT - 10}" y="{y + BLOCK_ROW - 2}">{escape(name)}</text>'
            f'<rect class="bar-ground" x="{bar}" y="{y + 2}" width="56" height="{thickness}"/>'
            f'<rect class="on {_kind_class(kind)}" x="{bar}" y="{y + 2}" '
            f'width="{56 * share:.1f}" height="{thickness}"/>'
            f'<text class="share" x="{WIDTH - 2}" y="{y + BLOCK_ROW - 2}">{percent(share, 0)}</text>'
        )
    parts.append(f'<text class="unit" x="{LEFT + PLOT + 10}" y="{top - 4}">steps run</text>')
    return "".join(parts)


def _kind_class(kind: str) -> str:
    return kind if kind in {"mha", "ffn"} else "other"


def _runs(bits: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each run of ones."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], bits.astype(np.int8), [0]))))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _cost(view: UtteranceView, lane: CostLane, top: float, height: float) -> str:
    highest = max(float(lane.all_on.max(initial=1)), float(lane.gated.max(initial=1))) * 1.06

    def y(value: float) -> float:
        return top + height - height * value / highest

    gated = _step_line(view, lane.gated, y)
    levels = (
        ("all", "all on", float(lane.all_on.mean())),
        ("gated", "gated", float(lane.gated.mean())),
        ("none", "none", float(lane.none_on.mean())),
    )
    labels = _spread([y(mean) + 4 for _, _, mean in levels], 13.0, top + height - 2)
    parts = [
        f'<g class="cost" data-board="{escape(lane.board)}">',
        f'<path class="area" d="{gated}V{top + height}H{LEFT}z"/>',
        f'<path class="gated" d="{gated}"/>',
        f'<path class="all" d="{_step_line(view, lane.all_on, y)}"/>',
        f'<path class="none" d="{_step_line(view, lane.none_on, y)}"/>',
    ]
    for (style, name, mean), place in zip(levels, labels, strict=True):
        parts.append(
            f'<text class="level {style}" x="{LEFT + PLOT + 10}" y="{place:.1f}">{name} {short(mean)}</text>'
        )
    for index, line in enumerate(lane.title):
        y_line = top + height / 2 - 8 + 13 * index
        parts.append(f'<text class="lane" x="{LEFT - 10}" y="{y_line}">{escape(line)}</text>')
    return "".join(parts) + "</g>"


def _step_line(view: UtteranceView, values: NDArray[np.generic], y: Callable[[float], float]) -> str:
    """Path that is level over each step."""
    parts = [f"M{view.x(0):.1f} {y(float(values[0])):.1f}"]
    previous = None
    for step, value in enumerate(values.tolist()):
        if value != previous:
            parts.append(f"H{view.x(step):.1f}V{y(value):.1f}")
            previous = value
    parts.append(f"H{view.x(len(values)):.1f}")
    return "".join(parts)


def _spread(places: list[float], distance: float, lowest: float) -> list[float]:
    """Move label places (sorted downwards) apart so that none covers another."""
    spread = list(places)
    for index in range(1, len(spread)):
        spread[index] = max(spread[index], spread[index - 1] + distance)
    overflow = max(0.0, spread[-1] - lowest)
    return [place - overflow if index else place for index, place in enumerate(spread)]
