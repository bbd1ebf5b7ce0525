"""PlatformIO packages without PlatformIO's registry.

PlatformIO wants a toolchain package and a package ``tool-scons``. Both are made here from what the machine
has: links to the system's ``arm-none-eabi-*`` programs, and a shim over the SCons of this environment (PyPI).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from skipstone.quantize.artefacts import write_file
from skipstone.tools.build.errors import BuildError
from skipstone.tools.build.sources import FIRMWARE_FOLDER

PLATFORM_FOLDER = FIRMWARE_FOLDER / "platformio"
TOOLCHAIN = "toolchain-gccarmnoneeabi"
COMPILER = "arm-none-eabi-gcc"
MINIMUM_GCC = 12
_PROGRAMS = (
    "ar",
    "as",
    "c++",
    "cpp",
    "g++",
    "gcc",
    "gcc-ar",
    "gcc-nm",
    "gcc-ranlib",
    "gdb",
    "ld",
    "nm",
    "objcopy",
)
_MORE_PROGRAMS = ("objdump", "ranlib", "readelf", "size", "strip")
_APT = "install it: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi"


@dataclass(frozen=True)
class Packages:
    """Where the packages are: PlatformIO's core folder, and the toolchain package to link to."""

    core: Path
    toolchain: Path


def compiler_version() -> str:
    """Version of the system's cross compiler.

    Raises:
        BuildError: it is not installed, or older than 12.
    """
    path = shutil.which(COMPILER)
    if path is None:
        raise BuildError(f"{COMPILER} is not installed", _APT)
    text = subprocess.run(
        [path, "-dumpfullversion"], check=True, capture_output=True, text=True
    ).stdout.strip()
    if int(text.split(".")[0]) < MINIMUM_GCC:
        raise BuildError(f"{COMPILER} is version {text}; {MINIMUM_GCC} or newer is needed", _APT)
    return text


def install_packages(folder: Path) -> Packages:
    """Make or refresh the packages in ``folder``; existing ones of the right version stay.

    Raises:
        BuildError: the cross compiler is missing or too old.
    """
    folder = folder.resolve()
    packages = Packages(folder / "core", folder / TOOLCHAIN)
    _install_toolchain(packages.toolchain, compiler_version())
    _install_scons(packages.core / "packages" / "tool-scons")
    return packages


def _install_toolchain(folder: Path, gcc_version: str) -> None:
    manifest = {
        "name": TOOLCHAIN,
        "version": gcc_version,
        "description": "Links to the system's GNU Arm embedded toolchain",
        "license": "GPL-3.0-or-later",
    }
    for name in _PROGRAMS:
        program = shutil.which(f"arm-none-eabi-{name}")
        link = folder / "bin" / f"arm-none-eabi-{name}"
        if program is None or (link.is_symlink() and link.readlink() == Path(program)):
            continue
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(program)
    _write_json(folder / "package.json", manifest)


def scons_package_version(scons: str) -> str:
    """PlatformIO's spelling of a SCons version: 4.8.1 → 4.40801.0."""
    parts = [int(part) for part in re.findall(r"\d+", scons)]
    major, minor, patch = [*parts, 0, 0, 0][:3]
    return f"4.{major}{minor:02d}{patch:02d}.0"


def _install_scons(folder: Path) -> None:
    package_version = scons_package_version(version("scons"))
    write_file(folder / "scons.py", "import SCons.Script\n\nSCons.Script.main()\n")
    manifest = {
        "name": "tool-scons",
        "version": package_version,
        "description": "SCons from PyPI",
        "system": "*",
    }
    _write_json(folder / "package.json", manifest)
    spec = {"owner": "platformio", "id": None, "name": "tool-scons", "requirements": None, "uri": None}
    _write_json(
        folder / ".piopm", {"type": "tool", "name": "tool-scons", "version": package_version, "spec": spec}
    )


def _write_json(path: Path, data: object) -> None:
    text = json.dumps(data, indent=2) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_file(path, text)
