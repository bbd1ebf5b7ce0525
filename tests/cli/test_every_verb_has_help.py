"""Every verb of the command line explains itself with an example, fast, and without a heavy import."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import typer
from skipstone.tools.cli.main import app, load_verbs
from typer.testing import CliRunner

HEAVY = ("torch", "tflite_micro", "matplotlib", "platformio", "serial", "numpy")


def verbs(command: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Paths of all commands that are not groups: ``("board", "start")``."""
    children = getattr(command, "commands", None)
    if children is None:
        return [path]
    return [leaf for name in sorted(children) for leaf in verbs(children[name], (*path, name))]


def registered() -> list[tuple[str, ...]]:
    if not app.registered_commands and not app.registered_groups:
        load_verbs()
    return verbs(typer.main.get_command(app))


@pytest.mark.parametrize("verb", registered(), ids=" ".join)
def test_help_has_an_example(verb: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*verb, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code == 0, result.output
    usage, _, explanation = result.output.partition("Usage:")[2].partition("\n")
    assert " ".join(verb) in usage
    assert f"skipstone {' '.join(verb)}" in explanation, "no example"


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['skipstone', '--help']\n"
        "from skipstone.tools.cli.main import load_verbs\n"
        "load_verbs()\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []


def test_an_unknown_verb_is_refused() -> None:
    assert CliRunner().invoke(app, ["fly"]).exit_code != 0
