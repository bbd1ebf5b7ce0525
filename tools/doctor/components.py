"""The table of what Skipstone needs."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

from skipstone.tools.doctor.findings import Component, Finding
from skipstone.tools.doctor.probes import cross_header, distribution, existing, program, python_version

REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)\s*(?P<operator>==|>=)?\s*(?P<version>[^;\s]*)")
EXTRA = re.compile(r"extra\s*==\s*['\"](?P<extra>[\w-]+)['\"]")


def apt(*packages: str) -> str:
    """The command that installs Debian packages."""
    return f"apt-get install {' '.join(packages)}"


SYSTEM = (
    Component("python", "system", True, python_version, apt("python3", "python3-venv"), minimum="3.11"),
    Component("gcc", "system", True, program("gcc"), apt("gcc", "libc6-dev"), minimum="10"),
    Component(
        "arm-none-eabi-gcc",
        "system",
        True,
        program("arm-none-eabi-gcc", arguments=("-dumpfullversion",)),
        apt("gcc-arm-none-eabi"),
        minimum="12",
    ),
    Component(
        "newlib headers",
        "system",
        True,
        cross_header("stdint.h"),
        apt("libnewlib-arm-none-eabi"),
    ),
    Component(
        "qemu-system-arm", "system", True, program("qemu-system-arm"), apt("qemu-system-arm"), minimum="7.2"
    ),
    Component("socat", "system", True, program("socat", arguments=("-V",)), apt("socat"), minimum="1.7"),
    Component("llvm-mca", "system", True, program("llvm-mca-19"), apt("llvm-19"), minimum="19"),
    Component("gdb-multiarch", "system", False, program("gdb-multiarch"), apt("gdb-multiarch")),
    Component("chromium", "system", False, program("chromium"), apt("chromium")),
    Component(
        "flite", "system", False, program("flite", arguments=("--version",)), apt("flite"), minimum="2.1"
    ),
    Component("espeak-ng", "system", False, program("espeak-ng"), apt("espeak-ng")),
)


def python_packages() -> tuple[Component, ...]:
    """One component a requirement of the installed distribution; those of an extra are optional."""
    components = []
    for requirement in importlib.metadata.requires("skipstone") or []:
        match = REQUIREMENT.match(requirement)
        if match is None:
            continue
        extra = EXTRA.search(requirement)
        group = f"extra {extra['extra']}" if extra else "packages"
        target = f"'skipstone[{extra['extra']}]'" if extra else f"'{requirement.split(';')[0].strip()}'"
        components.append(
            Component(
                match["name"],
                group,
                extra is None,
                distribution(match["name"]),
                f"pip install {target}",
                minimum=match["version"],
                exact=match["operator"] == "==",
            )
        )
    return tuple(components)


def built_components() -> tuple[Component, ...]:
    """What set-up builds on this machine: the local PlatformIO packages and the emulator plugin."""
    return (
        Component(
            "PlatformIO packages",
            "built here",
            True,
            existing(_platformio_toolchain),
            "python -m skipstone.tools.setup.components",
        ),
        Component(
            "emulator plugin",
            "built here",
            True,
            _emulator_plugin,
            "python -m skipstone.tools.setup.components",
        ),
    )


def examine_all() -> list[Finding]:
    """Look for every component, in the order of the table."""
    return [component.examine() for component in (*SYSTEM, *python_packages(), *built_components())]


def _platformio_toolchain() -> Path | None:
    from skipstone.tools.build.offline_packages import TOOLCHAIN
    from skipstone.tools.setup.components import platformio_packages

    return platformio_packages() / TOOLCHAIN / "package.json"


def _emulator_plugin() -> str | None:
    """Compile both plugins if they are not there: it takes seconds and proves the host compiler."""
    from skipstone.quantize.errors import SkipstoneError
    from skipstone.tools.virtual.plugin import npu_plugin_library, plugin_library

    try:
        there = plugin_library().exists() and npu_plugin_library().exists()
        return "found" if there else None
    except SkipstoneError:
        return None
