"""Kernel files, the C header, the README and the packers name the same kernels."""

from __future__ import annotations

import re

from case_program import RUNTIME

KERNELS = sorted(path.stem for path in (RUNTIME / "kernels").glob("*.c"))


def test_every_kernel_is_declared_and_nothing_else() -> None:
    header = (RUNTIME / "include" / "ss_kernels.h").read_text()
    assert sorted(re.findall(r"^void (ss_\w+)\(", header, re.MULTILINE)) == KERNELS


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
