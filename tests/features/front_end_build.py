"""Compiling the C front end for the host."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from skipstone.quantize.features.c_tables import FrontEndVariant, emit_c_tables
from skipstone.quantize.features.settings import FeatureSettings

FRONTEND = Path(__file__).parents[2] / "firmware" / "runtime" / "frontend"
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{FRONTEND}"]
STEP = 640

CFrontEnd = Callable[[npt.NDArray[np.int16]], npt.NDArray[np.int8]]


def compile_front_end(
    folder: Path,
    arguments: list[str],
    settings: FeatureSettings | None = None,
    compiler: str = "gcc",
    variant: FrontEndVariant = "ref",
) -> None:
    """Compile one variant of the front end with generated tables; fails where there is no compiler."""
    if shutil.which(compiler) is None:
        pytest.fail(f"{compiler} is not installed; run make setup")
    tables = folder / "frontend_tables.c"
    tables.write_text(emit_c_tables(settings or FeatureSettings(), variant))
    names = ("ss_log_mel.c", f"ss_fft512_{variant}.c", f"ss_mel_{variant}.c")
    sources = [str(FRONTEND / name) for name in names]
    subprocess.run([compiler, *STRICT, *arguments, *sources, str(tables)], check=True)


def load_front_end(folder: Path, settings: FeatureSettings | None = None) -> CFrontEnd:
    """Return a function from PCM in whole steps to int8 ``[steps, 160]`` that runs the C code."""
    library_path = folder / "front_end.so"
    compile_front_end(folder, ["-O2", "-fPIC", "-shared", "-o", str(library_path)], settings)
    library = ctypes.CDLL(str(library_path))

    def run(pcm: npt.NDArray[np.int16]) -> npt.NDArray[np.int8]:
        state = (ctypes.c_uint64 * 396)()  # sizeof(ss_log_mel) = 3168, aligned to 8
        ctypes.memset(state, 0xA5, ctypes.sizeof(state))
        steps = np.ascontiguousarray(pcm).reshape(-1, STEP)
        features = np.empty((steps.shape[0], 160), dtype=np.int8)
        library.ss_log_mel_reset(state)
        for samples, out in zip(steps, features, strict=True):
            library.ss_log_mel_step(
                state, ctypes.c_void_p(samples.ctypes.data), ctypes.c_void_p(out.ctypes.data)
            )
        return features

    return run
