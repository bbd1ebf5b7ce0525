"""Programs that run generated kernel cases on the host or on a bare virtual board, and their output."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing import PackedOperator

SOURCES = Path(__file__).parent / "bare_metal"
RUNTIME = Path(__file__).parents[2] / "firmware" / "runtime"
WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
MAX_INPUTS = 3


@dataclass(frozen=True, eq=False)
class KernelCase:
    """One call of a kernel.

    Attributes:
        label: shape and variant, for messages.
        operator: kernel and constants.
        inputs: int8 arrays in the order of the kernel's arguments.
        expected: int8[n] output.
        macs: multiply-accumulates, 0 where that is no measure.
        extra_arguments: C integers between the last input and the output.
        in_place: index of the input that is the output as well, or None.
        alignment: bytes that the kernel demands of its buffers; above 1 they are not all int8.
    """

    label: str
    operator: PackedOperator
    inputs: Sequence[NDArray[np.int8]]
    expected: NDArray[np.int8]
    macs: int = 0
    extra_arguments: Sequence[int] = ()
    in_place: int | None = None
    alignment: int = 1


@dataclass(frozen=True)
class Target:
    """Where a program runs: compiler, flags, and the emulator's command line (empty: the host itself)."""

    name: str
    compiler: str
    flags: Sequence[str]
    emulator: Sequence[str] = ()
    ticks_per_instruction: float = 0.0

    @property
    def is_available(self) -> bool:
        """Whether compiler and emulator are installed."""
        return all(shutil.which(tool) for tool in [self.compiler, *self.emulator[:1]])


def memory(**regions: tuple[int, int]) -> list[str]:
    """Linker symbols of the memory regions of bare_metal/link.ld."""
    symbols = []
    for region, (origin, length) in regions.items():
        symbols += [f"-Wl,--defsym={region}_origin={origin:#x}", f"-Wl,--defsym={region}_length={length:#x}"]
    return symbols


ICOUNT_SHIFT = 8
BARE = ["-O2", "-nostartfiles", "--specs=nano.specs", "--specs=nosys.specs", f"-T{SOURCES / 'link.ld'}"]
QEMU = ["qemu-system-arm", "-display", "none", "-monitor", "none", "-serial", "none", "-semihosting"]
HOST = Target("host", "gcc", ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
M4 = Target(
    "mps2-an386",
    "arm-none-eabi-gcc",
    [
        "-mcpu=cortex-m4",
        "-mfpu=fpv4-sp-d16",
        "-mfloat-abi=hard",
        *BARE,
        *memory(code=(0, 0x200000), constants=(0x200000, 0x200000), data=(0x20000000, 0x400000)),
    ],
    [*QEMU, "-machine", "mps2-an386"],
    25e6 * 1e-9 * 2**ICOUNT_SHIFT,
)
M55 = Target(
    "mps3-an547",
    "arm-none-eabi-gcc",
    [
        "-mcpu=cortex-m55",
        "-mfloat-abi=hard",
        *BARE,
        *memory(code=(0, 0x80000), constants=(0x11000000, 0x200000), data=(0x30000000, 0x80000)),
    ],
    [*QEMU, "-machine", "mps3-an547"],
    32e6 * 1e-9 * 2**ICOUNT_SHIFT,
)


def c_array(name: str, c_type: str, data: NDArray[np.generic], alignment: int = 1) -> str:
    """A constant array in C."""
    numbers = [
        f"INT32_MIN + {int(v) + (1 << 31)}" if int(v) == -(1 << 31) else str(int(v)) for v in data.ravel()
    ]
    suffix = "u" if c_type.startswith("u") else ""
    values = ", ".join(number + suffix for number in numbers)
    return f"static const {c_type} {name}[] __attribute__((aligned({alignment}))) = {{{values}}};"


def c_case(index: int, case: KernelCase) -> str:
    """Constants and call of one case in C."""
    operator, prefix = case.operator, f"case{index}"
    lines = [
        c_array(f"{prefix}_{array.suffix}", array.c_type, array.data, array.alignment)
        for array in operator.arrays.values()
    ]
    fields = [f".{name} = {value}" for name, value in operator.scalars.items()]
    fields += [f".{name} = {prefix}_{array.suffix}" for name, array in operator.arrays.items()]
    lines.append(f"static const {operator.params_type} {prefix}_params = {{{', '.join(fields)}}};")
    lines += [c_array(f"{prefix}_input{i}", "int8_t", data) for i, data in enumerate(case.inputs)]
    if not case.inputs:
        lines.append(f"static const int8_t {prefix}_input0[1];")
    cast = "(void *)" if case.alignment > 1 else ""
    arguments = [f"{cast}input[{i}]" for i in range(len(case.inputs))]
    arguments += [str(value) for value in case.extra_arguments]
    arguments.append(cast + ("output" if case.in_place is None else f"input[{case.in_place}]"))
    unused = "(void)scratch;" if case.in_place is None else "(void)output;"
    unused += "" if case.inputs else " (void)input;"
    lines += [
        f"static void {prefix}_call(int8_t *const input[MAX_INPUTS], int8_t *output, void *scratch)",
        f"{{\n    {unused}",
        f"    {operator.kernel}(&{prefix}_params, {', '.join(arguments)}, scratch);\n}}",
    ]
    return "\n".join(lines)


def c_table_row(index: int, case: KernelCase) -> str:
    """The table's entry for one case; missing inputs point at the first, with size 0."""
    count = len(case.inputs)
    names = [f"case{index}_input{i if i < count else 0}" for i in range(MAX_INPUTS)]
    sizes = [str(case.inputs[i].size if i < count else 0) for i in range(MAX_INPUTS)]
    in_place = 0 if case.in_place is None else case.in_place + 1
    return (
        f"    {{case{index}_call, {{{', '.join(names)}}}, {{{', '.join(sizes)}}}, "
        f"{case.expected.size}, {case.operator.scratch_bytes}, {in_place}, {case.alignment}}},"
    )


def c_program(cases: Sequence[KernelCase]) -> str:
    """The generated translation unit."""
    return "\n".join(
        [
            '#include "run_cases.h"\n#include "ss_kernels_s16.h"\n',
            *(c_case(index, case) for index, case in enumerate(cases)),
            "const kernel_case kernel_cases[] = {",
            *(c_table_row(index, case) for index, case in enumerate(cases)),
            f"}};\nconst int32_t kernel_case_count = {len(cases)};\n",
        ]
    )


def build(cases: Sequence[KernelCase], target: Target, main: str, folder: Path) -> Path:
    """Compile the cases with ``bare_metal/<main>`` and the kernels they call."""
    generated, program = folder / "cases.c", folder / f"{target.name}.elf"
    generated.write_text(c_program(cases))
    kernels = sorted({RUNTIME / source for case in cases for source in case.operator.sources})
    start = "start.c" if target.emulator else "host.c"
    sources = [generated, *kernels, SOURCES / main, SOURCES / start]
    include = [f"-I{RUNTIME / 'include'}", f"-I{SOURCES}"]
    subprocess.run(
        [target.compiler, *WARNINGS, *include, *map(str, sources), *target.flags, "-o", str(program)],
        check=True,
    )
    return program


def run(program: Path, target: Target, icount: bool = False, timeout: float = 120) -> list[str]:
    """Run a program to its end and return the lines it printed."""
    counting = ["-icount", f"shift={ICOUNT_SHIFT},sleep=off"] if icount else []
    loading = ["-kernel", str(program)] if target.emulator else [str(program)]
    result = subprocess.run(
        [*target.emulator, *counting, *loading], check=True, capture_output=True, text=True, timeout=timeout
    )
    return (result.stdout + result.stderr).splitlines()


def check(cases: Sequence[KernelCase], target: Target, folder: Path, alignments: int = 4) -> list[str]:
    """Run the cases and return one message a wrong output; an empty list says that all bytes are right."""
    lines = run(build(cases, target, "check_cases.c", folder), target)
    if len(lines) != alignments * len(cases):
        return [f"{target.name}: {len(lines)} lines for {len(cases)} cases: {lines[-1:]}"]
    problems = []
    for index, line in enumerate(lines):
        case = cases[index // alignments]
        printed, _, verdict = line.partition(" ")
        got = np.frombuffer(bytes.fromhex(printed), np.int8)
        wrong = np.flatnonzero(got != case.expected)
        if verdict != "ok" or len(wrong):
            problems.append(
                f"{target.name}: {case.label}: {verdict}, {len(wrong)} bytes differ at {wrong[:8]}"
            )
    return problems


def count_instructions(cases: Sequence[KernelCase], target: Target, folder: Path) -> list[int]:
    """Executed instructions of each case without its call through a pointer; ``-icount`` makes it exact."""
    lines = run(build(cases, target, "count_cases.c", folder), target, icount=True)
    empty, *ticks = (int(line) for line in lines)
    return [round((value - empty) / target.ticks_per_instruction) for value in ticks]
