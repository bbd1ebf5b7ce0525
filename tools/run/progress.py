"""The progress display of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class RunProgress:
    """One bar a stage. A stage without a count shows only that it is at work and how long."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show a stage; yields a function to call with the number of items done."""
        task = self._bars.add_task(name, total=total)
        yield lambda count: self._bars.advance(task, count)
        done = total if total is not None else 1
        self._bars.update(task, total=done, completed=done)


@contextmanager
def run_progress(console: Console) -> Iterator[RunProgress]:
    """Progress on ``console`` while the block runs."""
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        yield RunProgress(bars)
