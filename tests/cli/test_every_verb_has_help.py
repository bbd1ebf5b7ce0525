"""Every verb of the command line explains itself with an example, fast, and without a heavy import."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from skipstone.tools.cli.main import app, load_verbs
from skipstone.tools.reference.pages import commands
from typer.testing import CliRunner

HEAVY = ("torch", "tflite_micro", "matplotlib", "platformio", "serial", "numpy")


def registered() -> list[tuple[str, ...]]:
    """Paths of all verbs: ``("board", "start")``."""
    if not app.registered_commands and not app.registered_groups:
        load_verbs()
    return [path for path, _ in commands(typer.main.get_command(app))]


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
