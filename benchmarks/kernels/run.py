"""Executed instructions of every kernel on the virtual Cortex-M4 and Cortex-M55.

Usage: python benchmarks/kernels/run.py [-o FILE]

QEMU's -icount makes one instruction one tick of a fixed length, so the figures are exact and repeat. They
count instructions, not cycles. Constants are random ones of the usual kind; the call is not counted.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "kernels.json"
sys.path.insert(0, str(ROOT / "tests" / "kernels"))

from case_program import M4, M55, KernelCase, Target, check, count_instructions  # noqa: E402
from random_cases import (  # noqa: E402
    add_case,
    attention_case,
    depthwise_case,
    fully_connected_case,
    softmax_case,
)
from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402
from rich.table import Table  # noqa: E402
from skipstone.firmware.codegen.packing import KernelVariant  # noqa: E402
from skipstone.firmware.codegen.packing.attention import AttentionShape  # noqa: E402
from skipstone.quantize.artefacts import write_file  # noqa: E402

FULLY_CONNECTED = [
    (48, 192), (192, 48), (96, 384), (384, 96), (256, 1024), (1024, 256),
    (160, 96), (96, 96), (96, 172), (96, 32), (32, 12),
]  # fmt: skip
DEPTHWISE = [(7, 96), (9, 144), (3, 64)]
ADD = [96, 144]
SOFTMAX = [32, 64]
ATTENTION = AttentionShape(heads=3, head_dim=32, positions=32, row_stride=96)
RUNS = [(M4, KernelVariant.DSP), (M4, KernelVariant.REF), (M55, KernelVariant.MVE), (M55, KernelVariant.REF)]


def cases(rng: np.random.Generator, variant: KernelVariant) -> Iterator[tuple[str, str, KernelCase]]:
    """Operator, shape and case."""
    for inputs, outputs in FULLY_CONNECTED:
        case = fully_connected_case(rng, outputs, inputs, variant, is_usual=True)
        yield "fully connected", f"{inputs}→{outputs}", case
    for taps, channels in DEPTHWISE:
        case = depthwise_case(rng, taps, channels, taps // 2, variant, is_usual=True)
        yield "depthwise", f"{taps}×1 on {channels}", case
    for size in ADD:
        yield "add", str(size), add_case(rng, size, variant, is_usual=True)
    shape = f"{ATTENTION.heads} heads × {ATTENTION.head_dim}, {ATTENTION.positions} positions"
    yield "attention", shape, attention_case(rng, ATTENTION, variant)
    for size in SOFTMAX:
        yield "softmax", str(size), softmax_case(rng, 1, size, variant)


def measure(target: Target, variant: KernelVariant) -> list[dict[str, Any]]:
    """One record a case; stops when a single byte of an output is wrong."""
    named = list(cases(np.random.default_rng(1), variant))
    only = [case for _, _, case in named]
    with tempfile.TemporaryDirectory() as folder:
        problems = check(only, target, Path(folder))
        if problems:
            raise SystemExit("\n".join(problems))
        counts = count_instructions(only, target, Path(folder))
    return [
        {
            "board": target.name,
            "operator": operator,
            "shape": shape,
            "kernel": case.operator.kernel,
            "macs": case.macs,
            "instructions": count,
            "macs_per_instruction": round(case.macs / count, 3) if case.macs else None,
            "constant_bytes": case.operator.constant_bytes,
            "scratch_bytes": case.operator.scratch_bytes,
        }
        for (operator, shape, case), count in zip(named, counts, strict=True)
    ]


def show(records: list[dict[str, Any]]) -> None:
    """Print one table: a row a kernel and shape."""
    table = Table("board", "kernel", "shape", "instructions", "MAC/instruction", "constants, bytes")
    for r in records:
        ratio = "" if r["macs_per_instruction"] is None else f"{r['macs_per_instruction']:.2f}"
        table.add_row(
            r["board"], r["kernel"], r["shape"], f"{r['instructions']:,}", ratio, f"{r['constant_bytes']:,}"
        )
    Console(width=120).print(table)


def main() -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("-o", "--output", type=Path, default=RESULT, help="JSON file to write")
    arguments = parser.parse_args()
    records = [record for run in track(RUNS, description="kernels") for record in measure(*run)]
    show(records)
    compiler = subprocess.run(
        [M4.compiler, "--version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]
    result = {
        "version": 1,
        "command": "python benchmarks/kernels/run.py",
        "kind": "exact instruction counts, QEMU -icount",
        "compiler": compiler,
        "optimization": "-O2",
        "records": records,
    }
    write_file(arguments.output, json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
