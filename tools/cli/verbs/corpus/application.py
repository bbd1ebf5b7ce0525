"""The group of verbs ``skipstone corpus``; each module beside this one adds some."""

from __future__ import annotations

import typer

corpus = typer.Typer(
    name="corpus",
    help="Make, import, inspect and vary speech corpora; all are JSONL manifests.",
    no_args_is_help=True,
)
