"""Entry point of the ``skipstone`` command.

A verb is a module in ``skipstone.tools.cli.verbs``; it imports what is heavy inside its function, so that
``skipstone --help`` stays fast and needs no extra.
"""

from __future__ import annotations

import importlib
import pkgutil
import traceback
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from skipstone.quantize.errors import SkipstoneError
from skipstone.tools.cli import verbs

app = typer.Typer(
    name="skipstone",
    help="Train, convert, compile, flash and verify speech models that skip blocks per frame.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

_verbose = False
"""Whether an error is followed by its traceback; set by the option that all verbs share."""


@app.callback()
def options(
    verbose: Annotated[bool, typer.Option("--verbose", help="Add the traceback to an error.")] = False,
) -> None:
    """Options that every verb takes."""
    global _verbose  # noqa: PLW0603
    _verbose = verbose


def load_verbs() -> None:
    """Register every verb module, in alphabetical order."""
    for module in sorted(pkgutil.iter_modules(verbs.__path__), key=lambda m: m.name):
        importlib.import_module(f"{verbs.__name__}.{module.name}").register(app)


def main() -> None:
    """Run the command line; a :class:`SkipstoneError` becomes two lines on stderr and exit code 1."""
    load_verbs()
    try:
        app()
    except SkipstoneError as error:
        console = Console(stderr=True, soft_wrap=True, highlight=False)
        console.print(f"[bold red]error:[/] {escape(error.cause)}")
        console.print(f"[bold]remedy:[/] {escape(error.remedy)}")
        if _verbose:
            traceback.print_exc()
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
