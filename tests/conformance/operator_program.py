"""Many generated models in one program: each is a translation unit, streamed one after the other."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from case_program import RUNTIME, SOURCES, WARNINGS, Target, c_array, run
from numpy.typing import NDArray
from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.generate import generate_files

MAIN = Path(__file__).with_name("run_models.c")
WEIGHT = re.compile(r"^extern const \w+ (\w+)\[", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class ModelCase:
    """One model with the stream that it is given.

    Attributes:
        label: for messages.
        model: a .tflite.
        features: int8[steps, n], the bytes of its input.
        expected: one array of bytes a step.
    """

    label: str
    model: bytes
    features: NDArray[np.int8]
    expected: Sequence[bytes]


def build(cases: Sequence[ModelCase], board: Board, target: Target, folder: Path) -> Path:
    """Generate C for every case and link all of it with the program that streams them."""
    units, kernels = [], set()
    for number, case in enumerate(cases):
        generated = generate_files(case.model, "model", board)
        own = folder / f"case{number}"
        own.mkdir()
        for name, text in generated.files.items():
            (own / name).write_text(text)
        kernels |= set(generated.files["kernels.txt"].split())
        units.append(own / "unit.c")
        units[-1].write_text(_unit(number, case, own))
    table = [f"extern const model_case case{number};" for number in range(len(cases))]
    table += ["const model_case *const model_cases[] = {"]
    table += [f"    &case{number}," for number in range(len(cases))]
    (folder / "table.c").write_text(
        "\n".join(
            ['#include "run_models.h"', *table, "};", f"const int32_t model_case_count = {len(cases)};", ""]
        )
    )
    start = SOURCES / ("start.c" if target.emulator else "host.c")
    files = [*units, folder / "table.c", MAIN, start, *(RUNTIME / line for line in sorted(kernels))]
    include = [f"-I{path}" for path in (RUNTIME / "include", SOURCES, MAIN.parent)]
    program = folder / f"{target.name}.elf"
    command = [target.compiler, *WARNINGS, *include, *map(str, files), *target.flags, "-o", str(program)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-4000:]
    return program


def _unit(number: int, case: ModelCase, folder: Path) -> str:
    """The model's files under names of their own, and the entry of the table."""
    arrays = WEIGHT.findall((folder / "weights.h").read_text())
    renamed = [f"#define {name} case{number}_{name}" for name in [*arrays, "ss_generated_model"]]
    lines = [
        '#include "run_models.h"',
        *renamed,
        f'#include "case{number}/weights.c"',
        f'#include "case{number}/model.c"',
        c_array("features", "int8_t", case.features),
        f"const model_case case{number};",
        f"const model_case case{number} = {{&ss_generated_model, {len(case.features)}, features}};",
        "",
    ]
    return "\n".join(lines).replace(f'"case{number}/', f'"{folder}/')


def problems(cases: Sequence[ModelCase], board: Board, target: Target, folder: Path) -> list[str]:
    """Run all cases; one message for every case with a wrong byte."""
    lines = iter(run(build(cases, board, target, folder), target, timeout=300))
    found = []
    for case in cases:
        got = [bytes.fromhex(next(lines, "")) for _ in case.expected]
        wrong = [step for step, (a, b) in enumerate(zip(got, case.expected, strict=True)) if a != b]
        if wrong:
            found.append(f"{target.name}: {case.label}: steps {wrong[:5]} of {len(got)} differ")
    return found
