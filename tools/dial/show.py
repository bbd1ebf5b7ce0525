"""A sweep as a table and as a picture."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table
from skipstone.tools.dial.errors import DialError
from skipstone.tools.dial.record import DialPoint, DialRecord

PICTURES = (".png", ".svg", ".pdf")


def dial_table(record: DialRecord) -> Table:
    """One row a setting."""
    title = f"{record.board}: {record.utterances} utterances of {record.manifest}"
    table = Table(title=title, title_justify="left")
    table.add_column("threshold offset")
    for heading in (
        "word error rate",
        "compute fraction",
        f"instructions a step ({record.instructions_kind})",
        f"cycles a step ({record.cycles_kind})",
    ):
        table.add_column(heading, justify="right")
    for point in record.points:
        table.add_row(
            setting(point),
            f"{100 * point.word_error_rate:.2f} %",
            f"{point.compute_fraction:.3f}",
            f"{point.instructions_per_step:,.0f}",
            f"{point.cycles_per_step:,.0f}",
        )
    return table


def setting(point: DialPoint) -> str:
    """How a point is written beside its figures."""
    return "all on" if point.gates == "all" else f"{point.threshold_offset:+d}".replace("+0", "0")


def check_picture(path: Path) -> None:
    """Raise :class:`DialError` unless a picture can be written under this name."""
    if path.suffix.lower() not in PICTURES:
        raise DialError(f"{path.name} is no picture", f"end the name with one of {', '.join(PICTURES)}")


def draw(record: DialRecord, path: Path) -> None:
    """Draw word error rate against instructions a step, every point marked with its offset.

    Raises:
        DialError: the extension is none of :data:`PICTURES`.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    check_picture(path)
    swept = [point for point in record.points if point.gates == "arbitrator"]
    with rc_context({"svg.hashsalt": "dial"}):
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(*_curve(swept), marker="o", color="#0b6e4f", label="threshold offset")
        axes.plot(*_curve([p for p in record.points if p.gates == "all"]), "*k", ms=11, label="all blocks on")
        for point in swept:
            place = (point.instructions_per_step / 1000, 100 * point.word_error_rate)
            axes.annotate(setting(point), place, (4, 5), textcoords="offset points", fontsize=8)
        axes.set_xlabel(f"thousand instructions a step on {record.board} ({record.instructions_kind})")
        axes.set_ylabel("word error rate, %")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else None
        figure.savefig(path, dpi=130, metadata=metadata)


def _curve(points: list[DialPoint]) -> tuple[list[float], list[float]]:
    instructions = [point.instructions_per_step / 1000 for point in points]
    return instructions, [100 * point.word_error_rate for point in points]
