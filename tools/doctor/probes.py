"""Ways of looking for a component. Each returns a version, or None when the component is not there."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

Probe = Callable[[], str | None]


def python_version() -> str:
    """Version of the interpreter that runs this."""
    return platform.python_version()


def distribution(name: str) -> Probe:
    """Probe for an installed Python distribution."""

    def probe() -> str | None:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return None

    return probe


def program(*names: str, arguments: tuple[str, ...] = ("--version",)) -> Probe:
    """Probe for the first of ``names`` on the path; its version is the first dotted number it prints."""

    def probe() -> str | None:
        for name in names:
            path = shutil.which(name)
            if path is not None:
                return printed_version([path, *arguments])
        return None

    return probe


def printed_version(command: list[str]) -> str | None:
    """First dotted number in what ``command`` prints; None when it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\d+\.\d+(?:\.\d+)*", done.stdout + done.stderr)
    if match is not None:  # some programs, such as flite, print their version and exit with 1
        return match.group(0)
    return "found" if done.returncode == 0 else None


def cross_header(name: str) -> Probe:
    """Probe for a header of the C library of the cross compiler (newlib)."""

    def probe() -> str | None:
        compiler = shutil.which("arm-none-eabi-gcc")
        if compiler is None:
            return None
        command = [compiler, "-mcpu=cortex-m4", "-mthumb", "-E", "-x", "c", "-"]
        done = subprocess.run(
            command, input=f"#include <{name}>\n", capture_output=True, text=True, timeout=20, check=False
        )
        return "found" if done.returncode == 0 else None

    return probe


def existing(path: Callable[[], Path | None]) -> Probe:
    """Probe for a file or folder whose place ``path`` tells."""

    def probe() -> str | None:
        place = path()
        return "found" if place is not None and place.exists() else None

    return probe
