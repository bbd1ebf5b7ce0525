"""Executed instructions of every kernel on the virtual Cortex-M4 and Cortex-M55, beside CMSIS-NN's.

Usage: python benchmarks/kernels/run.py [-o FILE] [--check]

QEMU's -icount makes one instruction one tick of a fixed length, so the figures are exact and repeat. They
count instructions, not cycles. Constants are random ones of the usual kind; the call is not counted.
CMSIS-NN is measured in the same run (cmsis_nn.py); where both compilers build it, the smaller count stands
and the record holds both.
``--check`` writes nothing and fails when a kernel needs over 1 % more than recorded.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "kernels.json"
GROWTH = 1.01
sys.path[:0] = [str(ROOT / "tests" / "kernels"), str(Path(__file__).parent)]

import cmsis_nn  # noqa: E402
import cmsis_nn_windows  # noqa: E402
import front_end  # noqa: E402
import shapes  # noqa: E402
from bounds import bound_instructions  # noqa: E402
from case_program import M4, M55, Target, check, count_instructions  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402
from rich.table import Table  # noqa: E402
from skipstone.firmware.codegen.packing import KernelVariant  # noqa: E402
from skipstone.quantize.artefacts import write_file  # noqa: E402

RUNS = [
    ("m4", M4, KernelVariant.DSP), ("m4", M4, KernelVariant.REF),
    ("m55", M55, KernelVariant.MVE), ("m55", M55, KernelVariant.REF),
]  # fmt: skip

Row = dict[str, Any]
Baseline = dict[tuple[str, str], tuple[int, str]]
ByCompiler = dict[tuple[str, str], dict[str, int]]


def baselines(core: str, target: Target) -> tuple[Baseline, ByCompiler]:
    """CMSIS-NN's instructions by kernel and shape, with where each figure is from; and by compiler."""
    rng = np.random.default_rng(1)
    named = [cmsis_nn.fully_connected(rng, *shape) for shape in shapes.FULLY_CONNECTED]
    named += [cmsis_nn.pointwise(rng, *shape) for shape in shapes.POINTWISE]
    named += [cmsis_nn.depthwise(rng, *shape) for shape in shapes.DEPTHWISE]
    named += [cmsis_nn_windows.convolution(rng, *shape) for shape in shapes.CONVOLUTIONS]
    named.append(cmsis_nn_windows.pooling(rng, shapes.AVERAGE_POOL, is_maximum=False))
    named.append(cmsis_nn_windows.pooling(rng, shapes.MAX_POOL, is_maximum=True))
    found: Baseline = {
        (kernel, shape): (count, "recorded")
        for (known, kernel, shape), count in cmsis_nn.RECORDED.items()
        if known == core
    }
    compilers = [("gcc", False)]
    if core == "m55":
        if not shutil.which(cmsis_nn.CLANG):
            raise SystemExit(f"{cmsis_nn.CLANG} is not installed\nremedy: make bench installs it")
        compilers.append((cmsis_nn.CLANG, True))
    measured: ByCompiler = {(case.kernel, case.shape): {} for case in named}
    for compiler, is_clang in compilers:
        with tempfile.TemporaryDirectory() as folder:
            counts = cmsis_nn.measure(named, target, Path(folder), is_clang)
        for case, count in zip(named, counts, strict=True):
            key = (case.kernel, case.shape)
            measured[key][compiler] = count
            if key not in found or count < found[key][0]:
                found[key] = (count, f"measured, {compiler}")
    return found, measured


def measure(
    core: str, target: Target, variant: KernelVariant, baseline: Baseline, by_compiler: ByCompiler
) -> list[Row]:
    """One row a case; stops when a single byte of an output is wrong."""
    named = list(shapes.cases(np.random.default_rng(1), variant))
    only = [case for *_, case in named]
    with tempfile.TemporaryDirectory() as folder:
        problems = check(only, target, Path(folder))
        if problems:
            raise SystemExit("\n".join(problems))
        counts = count_instructions(only, target, Path(folder))
    rows = []
    for (kernel, shape, work, case), count in zip(named, counts, strict=True):
        known, source = baseline.get((kernel, shape), (None, None))
        rows.append(
            {
                "core": core,
                "kernel": kernel,
                "shape": shape,
                "variant": variant.value,
                "macs": case.macs,
                "instructions": count,
                "cmsis_nn_instructions": known,
                "cmsis_nn_source": source,
                "cmsis_nn_by_compiler": by_compiler.get((kernel, shape), {}),
                "bound_instructions": bound_instructions(core, kernel, work),
                "macs_per_instruction": round(case.macs / count, 3) if case.macs else None,
                "constant_bytes": case.operator.constant_bytes,
                "scratch_bytes": case.operator.scratch_bytes,
            }
        )
    return rows


def show(rows: list[Row]) -> None:
    """Print the kernels that the boards use, a row a kernel and shape."""
    table = Table(
        "core", "kernel", "shape", "instructions", "CMSIS-NN", "ratio", "MAC/instruction", "of the bound"
    )
    for r in (row for row in rows if row["variant"] != "ref"):
        known, bound, speed = r["cmsis_nn_instructions"], r["bound_instructions"], r["macs_per_instruction"]
        mark = "*" if r["cmsis_nn_source"] == "recorded" else ""
        table.add_row(
            r["core"],
            r["kernel"],
            r["shape"],
            f"{r['instructions']:,}",
            "" if known is None else f"{known:,}{mark}",
            "" if known is None else f"{known / r['instructions']:.2f}",
            "" if speed is None else f"{speed:.2f}",
            "" if bound is None else f"{100 * bound / r['instructions']:.0f} %",
        )
    console = Console(width=120)
    console.print(table)
    console.print("* recorded before the project began: not in the CMSIS-NN that bakenn carries")


def grown(rows: list[Row], recorded: list[Row]) -> list[str]:
    """One message a row that needs over 1 % more instructions than recorded."""
    key = ("core", "kernel", "shape", "variant")
    before = {tuple(row[name] for name in key): row["instructions"] for row in recorded}
    return [
        f"{' '.join(str(row[name]) for name in key)}: {row['instructions']:,} instructions, recorded {was:,}"
        for row in rows
        if (was := before.get(tuple(row[name] for name in key))) and row["instructions"] > GROWTH * was
    ]


def main() -> None:
    """Measure, print and record, or check against the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("-o", "--output", type=Path, default=RESULT, help="JSON file to write")
    parser.add_argument("--check", action="store_true", help="compare with the record, write nothing")
    arguments = parser.parse_args()
    known: dict[str, tuple[Baseline, ByCompiler]] = {"m4": ({}, {}), "m55": ({}, {})}
    if not arguments.check:
        known = {"m4": baselines("m4", M4), "m55": baselines("m55", M55)}
    measured = track(RUNS, description="kernels")
    rows = [row for core, target, variant in measured for row in measure(core, target, variant, *known[core])]
    rows += front_end.rows()
    if arguments.check:
        problems = grown(rows, json.loads(RESULT.read_text())["rows"])
        raise SystemExit("\n".join(problems) if problems else 0)
    show(rows)
    version = subprocess.run([M4.compiler, "--version"], capture_output=True, text=True, check=True).stdout
    result = {
        "version": 3,
        "command": "python benchmarks/kernels/run.py",
        "kind": "exact instruction counts, QEMU -icount",
        "compiler": version.splitlines()[0],
        "optimization": "-O2 (CMSIS-NN 4.0.0: -Ofast)",
        "rows": rows,
    }
    write_file(arguments.output, json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
