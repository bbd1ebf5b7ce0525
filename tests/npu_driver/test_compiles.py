"""The driver compiles without a warning for every core, and its header for C++."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from skipstone.firmware.codegen.boards import board_names, load_board
from skipstone.tools.build.sources import COMPILE_FLAGS

from .conftest import DRIVER

CORES = {load_board(name).core: load_board(name).cflags for name in board_names()}


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("name", ["ss_npu.c", "ss_npu_hooks.c"])
def test_every_core(core: str, name: str, tmp_path: Path) -> None:
    command = ["arm-none-eabi-gcc", *CORES[core], *COMPILE_FLAGS, f"-I{DRIVER / 'include'}"]
    subprocess.run([*command, "-c", str(DRIVER / name), "-o", str(tmp_path / "driver.o")], check=True)
    symbols = subprocess.run(
        ["arm-none-eabi-nm", "-u", str(tmp_path / "driver.o")], capture_output=True, text=True, check=True
    )
    needed = {line.split()[-1] for line in symbols.stdout.splitlines()}
    outside = {symbol for symbol in needed if not symbol.startswith("ss_npu_")}
    assert outside <= {"memcpy", "memset"}, "no C library but these two"


def test_the_header_is_cpp(tmp_path: Path) -> None:
    program = tmp_path / "program.cpp"
    program.write_text('#include "ss_npu.h"\nint main() { return SS_NPU_OK; }\n')
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", f"-I{DRIVER / 'include'}"]
    subprocess.run(["arm-none-eabi-g++", *flags, "-fsyntax-only", str(program)], check=True)


def test_the_weak_hooks_may_be_replaced(tmp_path: Path) -> None:
    """A project's own timer and sleep win over the defaults."""
    program = tmp_path / "hooks.c"
    program.write_text(
        '#include "ss_npu.h"\n'
        "void ss_npu_timer_start(uint32_t milliseconds) { (void)milliseconds; }\n"
        "bool ss_npu_timer_is_over(void) { return true; }\n"
        "void ss_npu_timer_stop(void) {}\n"
        "void ss_npu_sleep(void) {}\n"
        "void ss_npu_cache_clean(uintptr_t address, uint32_t bytes) { (void)address, (void)bytes; }\n"
        "void ss_npu_cache_invalidate(uintptr_t address, uint32_t bytes) { (void)address, (void)bytes; }\n"
    )
    cflags = [*CORES["cortex-m55"], f"-I{DRIVER / 'include'}", "-nostdlib", "-r"]
    files = [str(program), str(DRIVER / "ss_npu_hooks.c")]
    subprocess.run(["arm-none-eabi-gcc", *cflags, *files, "-o", str(tmp_path / "linked.o")], check=True)
