"""``skipstone train``: train a model by recipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

EXAMPLE = (
    "Example: [bold]skipstone train recipes/commands.toml -o runs/commands[/]   ·   the same again resumes   "
    "·   several processes: [bold]torchrun --no-python --nproc-per-node 2 skipstone train …[/]"
)


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""

    @app.command(epilog=EXAMPLE)
    def train(
        recipe: Annotated[Path, typer.Argument(help="Training recipe (TOML).")],
        output: Annotated[
            Path, typer.Option("-o", "--output", help="Folder of the run; an unfinished run there continues.")
        ],
        publish: Annotated[
            Path | None, typer.Option(help="Folder that gets the finished checkpoint and metrics.json.")
        ] = None,
        device: Annotated[
            str, typer.Option(help="auto (a GPU where there is one), cpu, cuda or cuda:1.")
        ] = "auto",
        costs: Annotated[
            Path | None,
            typer.Option(help="JSON of skipstone profile: the loss counts its costs instead of MACs."),
        ] = None,
    ) -> None:
        """Train by RECIPE: dense → gated → quantization-aware; a checkpoint after every epoch."""
        require_torch()
        from skipstone.quantize.training.processes import processes
        from skipstone.quantize.training.recipe import read_recipe
        from skipstone.quantize.training.run import TrainingRun

        parsed = read_recipe(recipe)
        if costs is not None:
            parsed = parsed.with_costs(str(costs))
        with processes(device) as joined, RichProgress(quiet=not joined.first) as progress:
            run = TrainingRun(parsed, output, progress, joined)
            checkpoint = run.run()
            if publish is not None:
                run.publish(publish)
        if joined.first:
            typer.echo(f"checkpoint → {checkpoint}")


def require_torch() -> None:
    """Refuse early, with the remedy, where the packages of the extra ``train`` are not installed."""
    from importlib.util import find_spec

    from skipstone.quantize.errors import SkipstoneError

    for module, name in (("torch", "PyTorch"), ("tensorboard", "TensorBoard")):
        if find_spec(module) is None:
            raise SkipstoneError(
                f"training needs {name}, which is not installed", "pip install 'skipstone[train]'"
            )


class RichProgress:
    """The ``Progress`` protocol of a training run on a terminal; one bar at a time."""

    def __init__(self, quiet: bool = False) -> None:
        self._progress = Progress(console=Console(stderr=True, quiet=quiet), transient=True, disable=quiet)

    def __enter__(self) -> RichProgress:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def task(self, description: str, total: int) -> Callable[[], None]:
        """Replace the bar by one of ``total`` parts."""
        for old in self._progress.task_ids:
            self._progress.remove_task(old)
        identifier = self._progress.add_task(description, total=total)
        return lambda: self._progress.advance(identifier)

    def note(self, line: str) -> None:
        """Print a line above the bar."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
