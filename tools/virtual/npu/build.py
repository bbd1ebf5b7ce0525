"""Compile the functional model into a shared library, once per version of its sources."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from skipstone.tools.virtual.cache import cache_folder
from skipstone.tools.virtual.npu.errors import NpuModelError

FLAGS = ("-std=gnu11", "-O3", "-Wall", "-Wextra", "-Wconversion", "-fPIC")


def model_sources() -> list[Path]:
    """The C files and headers of the model, sorted."""
    folder = Path(__file__).parent
    return sorted([*folder.glob("npu_*.c"), *folder.glob("npu_*.h")])


def model_library() -> Path:
    """Path of the compiled model; compiles it when the sources changed.

    Raises:
        NpuModelError: no C compiler, or it refuses the sources.
    """
    digest = hashlib.sha256(repr(FLAGS).encode())
    for source in model_sources():
        digest.update(source.name.encode() + source.read_bytes())
    library = cache_folder("npu") / f"libskipstone_npu-{digest.hexdigest()[:16]}.so"
    if not library.exists():
        _compile(library)
    return library


def _compile(library: Path) -> None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NpuModelError("no C compiler (gcc) for the model of the NPU", "apt-get install gcc libc6-dev")
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        fresh = Path(folder) / library.name
        files = [str(path) for path in model_sources() if path.suffix == ".c"]
        result = subprocess.run(
            [compiler, *FLAGS, "-shared", *files, "-o", str(fresh)],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            lines = result.stderr.splitlines()
            first = next((line for line in lines if "error" in line), result.stderr.strip())
            raise NpuModelError(f"the model of the NPU does not compile: {first}", "install gcc 10 or later")
        fresh.replace(library)
