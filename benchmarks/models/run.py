"""Whole models on the virtual Cortex-M4 and Cortex-M55: instructions a step, flash, RAM, stack.

Usage: python benchmarks/models/run.py [-o FILE] [--check]

Models: the shipped one with its arbitrators and with gates forced, and the wake-word models of the PyPI
package pymicro-wakeword. Every step is first compared with stock TFLM, byte for byte. Counts are exact.
``--check`` writes nothing and fails when a count or a size is over 1 % above the record.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "models.json"
GROWTH = 1.01
HERE = Path(__file__).parent
sys.path[:0] = [str(ROOT / "tests" / "kernels"), str(ROOT / "benchmarks" / "kernels"), str(HERE)]

from case_program import M4, M55, RUNTIME, SOURCES, WARNINGS, Target, c_array, run  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402
from rich.table import Table  # noqa: E402
from skipstone.firmware.codegen.boards import load_board  # noqa: E402
from skipstone.firmware.codegen.generate import generate  # noqa: E402
from skipstone.quantize.artefacts import write_file  # noqa: E402
from skipstone.quantize.corpora.manifest import read_manifest  # noqa: E402
from skipstone.quantize.evaluation.evaluate import step_features  # noqa: E402
from skipstone.quantize.evaluation.tflm import TflmRunner  # noqa: E402
from skipstone.quantize.features.settings import FeatureSettings  # noqa: E402
from skipstone.quantize.tflite.metadata import read_features  # noqa: E402
from tflm_estimate import tflm_instructions  # noqa: E402

STEPS = 200
COMMANDS = ROOT / "models" / "commands"
GATES = {"arbitrator": 0, "all": 1, "none": 2}
BIAS = {"arbitrator": 0, "all": 127, "none": -128}
CORES = [("m4", M4), ("m55", M55)]
# What TFLM 90b983c2 with CMSIS-NN 4ab83cc3 needs: (instructions, flash without model, arena), recorded before
# the project began; M55 with CMSIS-NN by clang 19.
TFLM = {
    ("m4", "hey_jarvis"): (161631, 66560, 17492),
    ("m4", "alexa"): (170948, 66560, 18228),
    ("m4", "hey_mycroft"): (175312, 66560, 19524),
    ("m55", "hey_jarvis"): (52112, 63012, 24260),
    ("m55", "alexa"): (52971, 63012, 24756),
    ("m55", "hey_mycroft"): (56085, 63012, 26052),
}


@dataclass(frozen=True)
class Case:
    """A model with one gate source; ``features`` is int8 or int16 [steps, features]."""

    name: str
    path: Path
    gates: str
    features: NDArray[np.int8] | NDArray[np.int16]


def cases() -> list[Case]:
    """The shipped model on its own clips, the wake-word models on a random walk of features."""
    model = COMMANDS / "model.tflite"
    table = read_features(TflmRunner(model.read_bytes()).model)
    assert table is not None
    settings = FeatureSettings.from_dict(table)
    clips = read_manifest(COMMANDS / "clips" / "manifest.jsonl")
    speech = np.concatenate([step_features(clip.audio, settings) for clip in clips])[:STEPS]
    found = [Case("commands" if g == "arbitrator" else f"commands/{g}", model, g, speech) for g in GATES]
    package = importlib.util.find_spec("pymicro_wakeword")
    if package is None or package.origin is None:
        raise SystemExit("pymicro-wakeword is not installed\nremedy: pip install 'skipstone[dev]'")
    for path in sorted((Path(package.origin).parent / "models").glob("*.tflite")):
        runner = TflmRunner(path.read_bytes())
        main = runner.model.subgraphs[0]
        size = int(np.prod(main.tensors[main.inputs[0]].shape))
        walk = np.cumsum(np.random.default_rng(0).normal(0, 6, (STEPS, size)), 0) % 200 - 128
        found.append(Case(path.stem, path, "arbitrator", np.clip(walk, -128, 127).astype(np.int8)))
    return found


def measure(case: Case, core: str, target: Target, estimates: bool) -> dict[str, Any]:
    """One row; stops where an output is not TFLM's. ``estimates``: TFLM's cost from CMSIS-NN's kernels."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program, least_arena = _build(case, target, folder)
        sizes, *lines = run(program, target, icount=True, timeout=600)
        flash = _flash_without_model(program, folder)
    outputs = [bytes.fromhex(line.split()[0]) for line in lines]
    _compare(case, outputs, target)
    arena, state, instance = (int(number) for number in sizes.split())
    ticks = [int(line.split()[1]) for line in lines]
    row: dict[str, Any] = {
        "core": core,
        "model": case.name,
        "instructions_per_step": round(float(np.mean(ticks)) / target.ticks_per_instruction),
        "flash_without_model_bytes": flash,
        "ram_bytes": arena + state + instance,
        "stack_bytes": max(int(line.split()[2]) for line in lines),
        "arena_bytes": arena,
        "arena_lower_bound_bytes": least_arena,
        "state_bytes": state,
        "model_bytes": case.path.stat().st_size,
    }
    if (core, case.name) in TFLM:
        keys = ("tflm_instructions_per_step", "tflm_flash_without_model_bytes", "tflm_arena_bytes")
        row |= dict(zip(keys, TFLM[core, case.name], strict=True)) | {"tflm_kind": "recorded"}
    elif case.gates == "all" and estimates:
        estimate = tflm_instructions(TflmRunner(case.path.read_bytes()).model, core, target)
        row |= {"tflm_instructions_per_step": estimate, "tflm_kind": "estimated from kernels, lower bound"}
    return row


def _compare(case: Case, outputs: list[bytes], target: Target) -> None:
    runner = TflmRunner(case.path.read_bytes())
    main = runner.model.subgraphs[0]
    shapes = [main.tensors[i].shape for i in main.inputs]
    for step, (row, output) in enumerate(zip(case.features, outputs, strict=True)):
        others = [np.full(shape, BIAS[case.gates], np.int8) for shape in shapes[1:]]
        if runner.step(row.reshape(shapes[0]), *others)[0].tobytes() != output:
            raise SystemExit(f"{case.name} on {target.name}: step {step} is not TFLM's")


def _build(case: Case, target: Target, folder: Path) -> tuple[Path, int]:
    """The program, and the fewest bytes that any placement of the model's tensors in its arena needs."""
    generated = generate(case.path, load_board(target.name), folder / "c")
    kernels = generated.files["kernels.txt"].split()
    (folder / "steps.h").write_text(
        f"#include <stdint.h>\nenum {{ STEPS = {len(case.features)}, GATE_SOURCE = {GATES[case.gates]} }};\n"
        + c_array("step_features", "int8_t", case.features.view(np.int8), case.features.itemsize)
    )
    files = [*(RUNTIME / line for line in kernels), *sorted((folder / "c").glob("*.c"))]
    files += [HERE / "measure_model.c", SOURCES / "start.c"]
    places = (RUNTIME / "include", RUNTIME / "frontend", folder / "c", folder, SOURCES)
    include = [f"-I{place}" for place in places]
    program = folder / "model.elf"
    command = [target.compiler, *WARNINGS, "-Wno-array-bounds", *include, *map(str, files), *target.flags]
    sections = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", f"-Wl,-Map={folder / 'map'}"]
    subprocess.run([*command, *sections, "-o", str(program)], check=True)
    return program, generated.model.arena.lower_bound_bytes


def _flash_without_model(program: Path, folder: Path) -> int:
    """Bytes loaded into flash, without the model's weights and without this benchmark's own parts."""

    def tool(*command: str) -> list[list[str]]:
        printed = subprocess.run([*command, str(program)], capture_output=True, text=True, check=True).stdout
        return [line.split() for line in printed.splitlines()]

    sections = tool("arm-none-eabi-objdump", "-h")
    loaded = [
        int(line[2], 16)
        for line, flags in pairwise(sections)
        if len(line) == 7 and line[0].isdigit() and "LOAD," in flags
    ]
    weights = (folder / "c" / "weights.c").read_text()
    own = ("step_features", "print", "run_cases", "painted_step", "semihosting", "reset_handler", "vectors")
    others = [
        int(line[1], 16)
        for line in tool("arm-none-eabi-nm", "--print-size")
        if len(line) == 4 and line[2] in "tTrRdD" and (line[3].startswith(own) or f" {line[3]}[" in weights)
    ]
    return sum(loaded) - sum(others)


def show(rows: list[dict[str, Any]]) -> None:
    """Print instructions of a step, then sizes, one line a model and core; TFLM's figures beside ours."""
    table = Table("core", "model", "instructions/step", "TFLM + CMSIS-NN", "ratio")
    sizes = Table(
        "core", "model", "flash w/o model", "TFLM", "RAM", "stack", "arena", "lower bound", "TFLM arena"
    )
    for r in rows:
        tflm = r.get("tflm_instructions_per_step")
        mark = "" if r.get("tflm_kind") == "recorded" else " estimated"
        table.add_row(
            r["core"],
            r["model"],
            f"{r['instructions_per_step']:,}",
            "" if tflm is None else f"{tflm:,}{mark}",
            "" if tflm is None else f"{tflm / r['instructions_per_step']:.2f}",
        )
        keys = ("flash_without_model_bytes", "tflm_flash_without_model_bytes", "ram_bytes", "stack_bytes")
        keys += ("arena_bytes", "arena_lower_bound_bytes", "tflm_arena_bytes")
        sizes.add_row(r["core"], r["model"], *(f"{r[key]:,}" if key in r else "" for key in keys))
    console = Console(width=120)
    console.print(table)
    console.print(sizes)
    console.print("bytes; TFLM's figures without a mark were recorded before the project began")


def grown(rows: list[dict[str, Any]], recorded: list[dict[str, Any]]) -> list[str]:
    """One message a figure that is over 1 % above the record."""
    before = {(row["core"], row["model"]): row for row in recorded}
    watched = ("instructions_per_step", "flash_without_model_bytes", "ram_bytes", "stack_bytes")
    return [
        f"{row['core']} {row['model']}: {key} {row[key]:,}, recorded {was[key]:,}"
        for row in rows
        if (was := before.get((row["core"], row["model"])))
        for key in watched
        if row[key] > GROWTH * was[key]
    ]


def main() -> None:
    """Measure, print and record, or check against the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("-o", "--output", type=Path, default=RESULT, help="JSON file to write")
    parser.add_argument("--check", action="store_true", help="compare with the record, write nothing")
    arguments = parser.parse_args()
    wanted = [(case, core, target) for case in cases() for core, target in CORES]
    progress = track(wanted, description="models")
    rows = [measure(*one, estimates=not arguments.check) for one in progress]
    if arguments.check:
        problems = grown(rows, json.loads(RESULT.read_text())["rows"])
        raise SystemExit("\n".join(problems) if problems else 0)
    show(rows)
    result = {
        "version": 2,
        "command": "python benchmarks/models/run.py",
        "kind": "exact counts (QEMU -icount); sizes of the linked program; stack painted, measured",
        "rows": rows,
    }
    write_file(arguments.output, json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
