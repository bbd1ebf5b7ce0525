"""Vela in this process: about 10 ms a model."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from skipstone.tools.virtual.npu.compiled import CompiledModel, read_compiled


class LeftToTheCpuError(Exception):
    """Vela does not put the whole model on the NPU; the text is its own."""


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Vela's C++ core writes to the descriptors themselves, its Python part to ``sys.stdout``."""
    sys.stdout.flush()
    kept = [os.dup(1), os.dup(2)]
    with Path(os.devnull).open("w") as null:
        try:
            os.dup2(null.fileno(), 1)
            os.dup2(null.fileno(), 2)
            with contextlib.redirect_stdout(null), contextlib.redirect_stderr(null):
                yield
        finally:
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)
            for descriptor in kept:
                os.close(descriptor)


def vela_output(model: bytes, accelerator: str, folder: Path, *, older_core: bool = False) -> Path:
    """The ``.npz`` of ``vela --output-format raw``; ``older_core``: of its deprecated core in Python.

    Raises:
        LeftToTheCpuError: an operator is not placed on the NPU.
    """
    vela = pytest.importorskip("ethosu.vela.vela", reason="vela is not installed (extra npu)")
    source = folder / "model.tflite"
    source.write_bytes(model)
    arguments = [str(source), "--output-dir", str(folder), "--output-format", "raw"]
    arguments += ["--debug-force-legacy-core"] if older_core else []
    try:
        with _silence():
            vela.main([*arguments, "--accelerator-config", accelerator])
    except RuntimeError as error:
        raise LeftToTheCpuError(str(error)) from error
    (path,) = folder.glob("*.npz")
    return path


def compiled(model: bytes, accelerator: str, *, older_core: bool = False) -> CompiledModel:
    """A model compiled for an accelerator such as ``ethos-u55-128``; errors as of :func:`vela_output`."""
    with tempfile.TemporaryDirectory() as folder:
        return read_compiled(vela_output(model, accelerator, Path(folder), older_core=older_core))
