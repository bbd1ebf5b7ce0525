"""The curves of the study: word error rate against instructions on the board, one line a system.

    python benchmarks/gating/plot.py

Reads benchmarks/results/gating.json; writes docs/images/gating.png and .svg and the table of
docs/explanation/gating-study.md, and prints it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from results import Row
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.errors import SkipstoneError
from study_error import StudyError

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "gating.json"
IMAGE = ROOT / "docs" / "images" / "gating"
PAGE = ROOT / "docs" / "explanation" / "gating-study.md"
FIRST_MARK, LAST_MARK = "<!-- rows -->", "<!-- end of rows -->"
HEADING = (
    "| system | C* | seeds | word error rate, int8 | compute fraction | instructions, M4 | instructions, M55 "
    "| parameters |\n|---|---|---|---|---|---|---|---|"
)
SPLITS = {"dev": "synthesized commands, unseen voices", "real_digits": "real digits, unseen speakers"}
CORES = {"m4": "Cortex-M4", "m55": "Cortex-M55"}
STYLES = {
    ("dense", ""): ("dense", "black", "*"),
    ("learned", ""): ("learned gates", "#0b6e4f", "o"),
    ("learned", "always_kv"): ("learned, keys and values always", "#45b08c", "^"),
    ("learned", "block_input"): ("learned, arbitrator on the block's input", "#8ccfb4", "v"),
    ("learned", "board_costs"): ("learned, instructions of the M55 priced", "#5b8c00", "<"),
    ("dense_small", ""): ("smaller dense model", "#c1121f", "s"),
    ("sliding_window", ""): ("sliding window", "#7b5ea7", "D"),
    ("periodic", ""): ("periodic skipping", "#e08e0b", "P"),
    ("random", ""): ("random skipping", "#9a9a9a", "x"),
    ("vad", ""): ("energy (VAD) skipping", "#2f6db5", "X"),
}


def main() -> int:
    """Draw, print, and fill the table of the page; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("results", type=Path, nargs="?", default=RESULT)
    parser.add_argument("-o", "--output", type=Path, default=IMAGE, help="image, without extension")
    parser.add_argument("--page", type=Path, default=PAGE, help="its table is written anew")
    arguments = parser.parse_args()
    try:
        rows = read_rows(arguments.results)
        page = filled(arguments.page, rows)
    except SkipstoneError as error:
        print(f"error: {error.cause}\nremedy: {error.remedy}", file=sys.stderr)
        return 1
    draw(rows, arguments.output)
    write_file(arguments.page, page)
    print(table(rows))
    return 0


def read_rows(path: Path) -> list[Row]:
    """Rows of a record.

    Raises:
        StudyError: there is none, or it is empty.
    """
    remedy = "run python benchmarks/gating/run.py first"
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    except (OSError, ValueError, KeyError) as error:
        raise StudyError(f"cannot read {path}: {error}", remedy) from error
    if not rows:
        raise StudyError(f"{path} has no rows", remedy)
    return rows


def filled(page: Path, rows: Sequence[Row]) -> str:
    """The text of ``page`` with the tables of ``rows`` between its marks.

    Raises:
        StudyError: the page cannot be read or lacks the marks.
    """
    try:
        before, rest = page.read_text(encoding="utf-8").split(FIRST_MARK)
        _, after = rest.split(LAST_MARK)
    except (OSError, ValueError) as error:
        raise StudyError(
            f"{page}: no place for the table", f"put {FIRST_MARK} and {LAST_MARK} there"
        ) from error
    return f"{before}{FIRST_MARK}\n{table(rows)}\n{LAST_MARK}{after}"


def table(rows: Sequence[Row]) -> str:
    """A Markdown table a split: a line a system and target, means over the seeds, dearest first."""
    parts = []
    for split, title in SPLITS.items():
        groups = _groups([row for row in rows if row["split"] == split])
        groups.sort(key=lambda group: -_mean(group, "instructions_per_step_m4"))
        lines = [f"\n{title} (`{split}`):\n", HEADING, *map(_line, groups)]
        parts.append("\n".join(lines))
    return "\n".join(parts) + "\n"


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows that differ in the seed only."""
    groups: dict[tuple[str, str, float], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["system"], row["variant"], row["target"]), []).append(row)
    return list(groups.values())


def _line(group: Sequence[Row]) -> str:
    errors = [100 * row["wer"] for row in group]
    spread = f" ({min(errors):.1f}–{max(errors):.1f})" if len(group) > 1 else ""
    cells = (
        label(group[0]),
        f"{group[0]['target']:g}",
        str(len(group)),
        f"{sum(errors) / len(errors):.1f} %{spread}",
        f"{_mean(group, 'compute_fraction'):.3f}",
        f"{_mean(group, 'instructions_per_step_m4'):,.0f}",
        f"{_mean(group, 'instructions_per_step_m55'):,.0f}",
        f"{group[0]['parameters']:,}",
    )
    return f"| {' | '.join(cells)} |"


def _mean(group: Sequence[Row], name: str) -> float:
    return sum(float(row[name]) for row in group) / len(group)


def label(row: Row) -> str:
    """Name of the row's system for people."""
    return STYLES[row["system"], row["variant"]][0]


def draw(rows: Sequence[Row], output: Path) -> None:
    """Write ``output`` with the extensions .png and .svg: a panel a split and core."""
    plt.rcParams["svg.hashsalt"] = "gating"
    figure, panels = plt.subplots(len(SPLITS), len(CORES), figsize=(11, 8), sharey="row", squeeze=False)
    for line, (split, title) in zip(panels, SPLITS.items(), strict=True):
        for axes, (core, name) in zip(line, CORES.items(), strict=True):
            _panel(axes, [row for row in rows if row["split"] == split], f"instructions_per_step_{core}")
            axes.set_title(f"{title} · {name}", fontsize=10)
            axes.set_xlabel("thousand instructions a step (front end apart)")
        line[0].set_ylabel("word error rate, int8, %")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.09, 1, 1))
    output.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(output.with_suffix(".png"), dpi=130)
    figure.savefig(output.with_suffix(".svg"), metadata={"Date": None})
    plt.close(figure)


def _panel(axes: Axes, rows: Sequence[Row], cost: str) -> None:
    for key, (name, colour, marker) in STYLES.items():
        points = sorted(
            (row for row in rows if (row["system"], row["variant"]) == key), key=lambda r: r[cost]
        )
        if not points:
            continue
        cells = [(row[cost] / 1000, 100 * row["wer"]) for row in points]
        axes.scatter(*zip(*cells, strict=True), color=colour, marker=marker, label=name, zorder=3)
        means = [
            (_mean(group, cost) / 1000, 100 * _mean(group, "wer"))
            for group in sorted(_groups(points), key=lambda group: group[0]["target"])
        ]
        axes.plot(*zip(*means, strict=True), color=colour, linewidth=1)
    axes.grid(alpha=0.3)
    axes.margins(y=0.1)
    axes.set_ylim(bottom=0)


if __name__ == "__main__":
    sys.exit(main())
