"""The arena over time: buffers as bars over the operations of a step."""

from __future__ import annotations

import tempfile
from pathlib import Path

from skipstone.tools.analyze.analysis import Analysis
from skipstone.tools.analyze.errors import AnalyzeError

FORMATS = (".png", ".svg", ".pdf")
MOST_LABELS = 40
"""Operations that get a name under the axis; more would not be readable."""


def draw_arena(analysis: Analysis, path: Path) -> None:
    """Write the picture; format by the suffix.

    Raises:
        AnalyzeError: an unknown suffix, a model that is not supported, or a file that cannot be written.
    """
    if path.suffix not in FORMATS:
        raise AnalyzeError(f"{path}: a picture has the suffix {' or '.join(FORMATS)}", "choose one of them")
    if not analysis.is_supported:
        raise AnalyzeError(
            f"{analysis.model} has no memory plan: it is not supported", "change it as the table says"
        )
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    count = max(len(analysis.operations), 1)
    figure = Figure(figsize=(min(4 + 0.28 * count, 24), 5.5), layout="constrained")
    axes = figure.subplots()
    colours = colormaps["tab20"]
    for index, buffer in enumerate(analysis.arena):
        width = buffer.last - buffer.first + 1
        axes.bar(
            buffer.first, buffer.bytes, width, buffer.offset,
            align="edge", color=colours(index % 20), edgecolor="black", linewidth=0.4,
        )  # fmt: skip
        if width >= 3 and buffer.bytes * 12 >= analysis.arena_bytes:
            middle = buffer.first + width / 2, buffer.offset + buffer.bytes / 2
            axes.text(
                *middle, _short(buffer.name, 4 * width), ha="center", va="center", fontsize=6, clip_on=True
            )
    for size, style, label in (
        (analysis.arena_bytes, "-", "arena"),
        (analysis.arena_lower_bound_bytes, "--", "lower bound"),
    ):
        axes.axhline(size, linestyle=style, color="black", linewidth=0.8, label=f"{label}: {size:,} bytes")
    axes.set(xlim=(0, count), ylabel="bytes", xlabel="operation of a step, every gate open")
    axes.set_title(f"{analysis.model} on {analysis.board}: arena over time")
    figure.legend(loc="outside upper right", fontsize=8)
    if count <= MOST_LABELS:
        names = [_short(operation.name, 24) for operation in analysis.operations]
        axes.set_xticks([position + 0.5 for position in range(count)], names, rotation=90, fontsize=6)
    _save(figure, path)


def _short(name: str, length: int) -> str:
    """The last part of a tensor name, which says what it is."""
    last = name.rstrip("/").split(";")[0].split("/")
    short = "/".join(last[-2:])
    return short if len(short) <= length else short[: max(length - 1, 1)] + "…"


def _save(figure: object, path: Path) -> None:
    """Written beside its place and renamed, so that no half picture is left."""
    from matplotlib.figure import Figure

    assert isinstance(figure, Figure)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            temporary = Path(folder) / path.name
            figure.savefig(temporary, dpi=150)
            temporary.replace(path)
    except OSError as error:
        raise AnalyzeError(f"{path} cannot be written: {error}", "choose another folder") from error
