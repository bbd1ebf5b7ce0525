"""``skipstone corpus``: make, import, inspect and vary speech corpora."""

from __future__ import annotations

import typer
from skipstone.tools.cli.verbs.corpus import (  # noqa: F401  (add their verbs)
    aligning,
    importing,
    inspecting,
    making,
    varying,
)
from skipstone.tools.cli.verbs.corpus.application import corpus


def register(app: typer.Typer) -> None:
    """Add the verbs to ``app``."""
    app.add_typer(corpus)
