"""A program for a bare virtual board that streams a generated model."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from case_program import RUNTIME, SOURCES, WARNINGS, Target, c_array
from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate


def build(
    model: Path,
    target: Target,
    features: NDArray[np.int8] | NDArray[np.int16],
    sources: NDArray[np.int8],
    edit: Callable[[str], str] = str,
) -> Path:
    """Generate the model's C for the board, edit ``model.c``, and compile it with its steps."""
    folder = model.parent
    generated = generate(model, load_board(target.name), folder / "c")
    kernels = generated.files["kernels.txt"].split()
    code = folder / "c" / "model.c"
    code.write_text(edit(code.read_text()))
    (folder / "steps.h").write_text(
        f"#include <stdint.h>\nenum {{ STEPS = {len(sources)} }};\n"
        + c_array("step_features", "int8_t", features.view(np.int8), features.itemsize)
        + c_array("gate_sources", "int8_t", sources)
    )
    files = [*(RUNTIME / line for line in kernels), *sorted((folder / "c").glob("*.c"))]
    files += [SOURCES / "stream_model.c", SOURCES / "start.c"]
    include = [
        f"-I{path}" for path in (RUNTIME / "include", RUNTIME / "frontend", folder / "c", folder, SOURCES)
    ]
    program = folder / f"{target.name}.elf"
    command = [target.compiler, *WARNINGS, *include, *map(str, files), *target.flags, "-Wl,--gc-sections"]
    subprocess.run([*command, "-ffunction-sections", "-fdata-sections", "-o", str(program)], check=True)
    return program
