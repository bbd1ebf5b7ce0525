"""Compile the emulator plugin once per version of its sources and keep it in the cache."""

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
    "-O2",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Werror",
    "-shared",
    "-fPIC",
    "-fvisibility=hidden",
)


def plugin_sources() -> list[Path]:
    """The C files and headers of the plugin, sorted."""
    folder = Path(__file__).parent
    return sorted([*folder.glob("*.c"), *folder.glob("*.h")])


def plugin_library() -> Path:
    """Path of the compiled plugin; compiles it when the sources changed.

    Raises:
        PluginError: no C compiler, or it refuses the sources.
    """
    digest = hashlib.sha256(repr(FLAGS).encode())
    for source in plugin_sources():
        digest.update(source.name.encode() + source.read_bytes())
    library = cache_folder("plugin") / f"libskipstone_counters-{digest.hexdigest()[:16]}.so"
    if not library.exists():
        _compile(library)
    return library


def _compile(library: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise PluginError("no C compiler (gcc) for the emulator plugin", "apt-get install gcc libc6-dev")
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        fresh = Path(folder) / library.name
        files = [str(path) for path in plugin_sources() if path.suffix == ".c"]
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
