"""The doctor tells missing from wrong, optional from required, and exits accordingly."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from skipstone.tools.cli.main import app, load_verbs
from skipstone.tools.doctor import components
from skipstone.tools.doctor.findings import Component, Status, version_numbers
from skipstone.tools.doctor.probes import program
from typer.testing import CliRunner


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """The verbs, registered once a process (another test file may have done it)."""
    if not app.registered_commands and not app.registered_groups:
        load_verbs()


def component(version: str | None, *, minimum: str = "", exact: bool = False) -> Component:
    return Component("thing", "system", True, lambda: version, "install it", minimum=minimum, exact=exact)


@pytest.mark.parametrize(
    ("version", "minimum", "exact", "status"),
    [
        (None, "", False, Status.MISSING),
        ("1.0", "", False, Status.OK),
        ("12.2.1", "12", False, Status.OK),
        ("9.3", "12", False, Status.WRONG_VERSION),
        ("7.10", "7.2", False, Status.OK),
        ("2.13.0+cpu", "2.13.0", True, Status.OK),
        ("2.13.1", "2.13.0", True, Status.WRONG_VERSION),
    ],
)
def test_status(version: str | None, minimum: str, exact: bool, status: Status) -> None:
    finding = component(version, minimum=minimum, exact=exact).examine()
    assert finding.status is status
    assert bool(finding.remedy) == (status is not Status.OK)


def test_version_numbers_stop_at_the_first_word() -> None:
    assert version_numbers("7.2.15+dfsg-1") == (7, 2, 15)
    assert version_numbers("12.2rel1") == (12, 2)


def test_program_reads_the_version_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "sometool"
    tool.write_text("#!/bin/sh\necho 'sometool (Debian 3) 4.5.6'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    assert program("sometool")() == "4.5.6"
    assert program("no-such-tool-here")() is None


def test_this_machine_is_ready() -> None:
    result = CliRunner().invoke(app, ["doctor", "--json"])
    report = json.loads(result.output)
    blocked = [row["name"] for row in report["components"] if row["required"] and row["status"] != "ok"]
    assert (blocked, report["ready"], result.exit_code) == ([], True, 0)
    names = {row["name"] for row in report["components"]}
    assert {"python", "arm-none-eabi-gcc", "qemu-system-arm", "numpy", "pyserial", "emulator plugin"} <= names


def test_a_missing_required_part_is_shown_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "SYSTEM", (component(None),))
    result = CliRunner().invoke(app, ["doctor", "--quiet"], env={"COLUMNS": "160"})
    assert result.exit_code == 1
    assert "thing" in result.output and "install it" in result.output
    assert sys.executable not in result.output
