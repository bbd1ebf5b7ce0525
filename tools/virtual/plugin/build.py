"""Compile the emulator plugins once per version of their sources and keep them in the cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from skipstone.tools.virtual.cache import cache_folder
from skipstone.tools.virtual.errors import PluginError

FLAGS = (
    "-std=gnu11",
    "-O3",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Werror",
    "-shared",
    "-fPIC",
    "-fvisibility=hidden",
)


def _sources_of(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.c"), *folder.glob("*.h")])


def plugin_sources() -> list[Path]:
    """The C files and headers of the counters, sorted."""
    return _sources_of(Path(__file__).parent)


def npu_sources() -> list[Path]:
    """The C files and headers of the NPU: its model, its registers, the device."""
    here = Path(__file__).parent
    return [here / "qemu_plugin_v1.h", *_sources_of(here.parent / "npu")]


def plugin_library() -> Path:
    """Path of the plugin that counts; compiles it when the sources changed.

    Raises:
        PluginError: no C compiler, or it refuses the sources.
    """
    return _library("counters", plugin_sources())


def npu_plugin_library() -> Path:
    """Path of the plugin that is an NPU, as :func:`plugin_library`."""
    return _library("npu_device", npu_sources())


def _library(name: str, sources: list[Path]) -> Path:
    digest = hashlib.sha256(repr(FLAGS).encode())
    for source in sources:
        digest.update(source.name.encode() + source.read_bytes())
    library = cache_folder("plugin") / f"libskipstone_{name}-{digest.hexdigest()[:16]}.so"
    if not library.exists():
        _compile(library, sources)
    return library


def _compile(library: Path, sources: list[Path]) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise PluginError("no C compiler (gcc) for the emulator plugins", "apt-get install gcc libc6-dev")
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        fresh = Path(folder) / library.name
        files = [str(path) for path in sources if path.suffix == ".c"]
        result = subprocess.run(
            [compiler, *FLAGS, *files, "-o", str(fresh), "-ldl"], capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            first = next(
                (line for line in result.stderr.splitlines() if "error" in line), result.stderr.strip()
            )
            raise PluginError(
                f"the emulator plugin does not compile: {first}", "apt-get install gcc libc6-dev"
            )
        fresh.replace(library)
