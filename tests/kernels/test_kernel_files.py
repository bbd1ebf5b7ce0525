"""Kernel files, the C header, the README and the packers name the same kernels."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from case_program import M4, RUNTIME, WARNINGS

KERNELS = sorted(path.stem for path in (RUNTIME / "kernels").glob("*.c"))


def test_every_kernel_is_declared_and_nothing_else() -> None:
    headers = [(RUNTIME / "include" / name).read_text() for name in ("ss_kernels.h", "ss_kernels_s16.h")]
    assert sorted(re.findall(r"^void (ss_\w+)\(", "".join(headers), re.MULTILINE)) == KERNELS


def test_every_file_defines_the_function_of_its_name() -> None:
    for kernel in KERNELS:
        source = (RUNTIME / "kernels" / f"{kernel}.c").read_text()
        assert re.findall(r"^void (\w+)\(", source, re.MULTILINE) == [kernel]


def test_the_table_of_the_readme_names_the_variants_that_exist() -> None:
    rows = re.findall(
        r"^\| `(ss_\w+)` \|(.*)\|$", (RUNTIME / "kernels" / "README.md").read_text(), re.MULTILINE
    )
    listed = [
        f"{name}_{variant}"
        for name, cells in rows
        for variant, cell in zip(("ref", "dsp", "mve"), cells.split("|")[1:], strict=True)
        if cell.strip()
    ]
    assert sorted(listed) == KERNELS


CORES = {"dsp": ("cortex-m4", "cortex-m7", "cortex-m33"), "mve": ("cortex-m55",)}


@pytest.mark.parametrize("level", ["-O1", "-O2", "-O3", "-Os"])
@pytest.mark.parametrize("variant", CORES)
def test_inline_assembly_leaves_the_compiler_registers(variant: str, level: str, tmp_path: Path) -> None:
    """Every fast kernel and front end compiles for all of its cores whatever the optimization."""
    sources = sorted(
        path for folder in ("kernels", "frontend") for path in (RUNTIME / folder).glob(f"*_{variant}.c")
    )
    include = [f"-I{RUNTIME / folder}" for folder in ("include", "frontend")]
    for core in CORES[variant]:
        flags = [f"-mcpu={core}", "-mthumb", "-mfloat-abi=hard", level, *WARNINGS, *include]
        command = [M4.compiler, *flags, "-c", *map(str, sources)]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{core}: {result.stderr}"
