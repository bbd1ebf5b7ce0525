"""CI's last line is the sum of pytest's closing lines, in pytest's own form."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "closing_line.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("closing_line", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_sessions_are_added_up(script: ModuleType) -> None:
    log = (
        "noise\n"
        "=========== 812 passed, 1 skipped, 3 warnings in 301.50s (0:05:01) ===========\n"
        "\x1b[32m======== \x1b[1m20 passed\x1b[0m in 10.25s ========\x1b[0m\n"
    )
    line = script.closing_line(log)
    assert line.strip("= ") == "832 passed, 1 skipped, 3 warnings in 311.75s"
    assert line.startswith("=") and line.endswith("=")


def test_failures_stand_in_the_sum(script: ModuleType) -> None:
    log = "= 2 failed, 810 passed in 9.00s =\n= 1 error in 0.50s =\n"
    assert script.closing_line(log).strip("= ") == "2 failed, 810 passed, 1 error in 9.50s"


def test_a_log_without_a_session_has_no_line(script: ModuleType, tmp_path: Path) -> None:
    assert script.closing_line("make: *** [Makefile:70: lint] Error 1\n") is None
