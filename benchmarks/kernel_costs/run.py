"""Cost models of all kernels, which `skipstone analyze` predicts with, and their error against whole models.

Usage: python benchmarks/kernel_costs/run.py [-o FILE]

Counts every kernel at many sizes on the virtual Cortex-M4 and Cortex-M55 (QEMU -icount: exact), fits one
linear model a kernel, counts what a step costs besides, and compares with the exact counts of whole models in
benchmarks/results/models.json. The file that it writes ships with the package.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "benchmarks" / "results" / "models.json"
sys.path[:0] = [
    str(ROOT / "tests" / "kernels"),
    str(ROOT / "benchmarks" / "models"),
    str(Path(__file__).parent),
]

from case_program import M4, M55, Target, count_instructions  # noqa: E402
from cases import cases  # noqa: E402
from fit import fit  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402
from rich.table import Table  # noqa: E402
from skipstone.firmware.codegen.boards import load_board  # noqa: E402
from skipstone.firmware.codegen.packing import KernelVariant  # noqa: E402
from skipstone.quantize.artefacts import write_file  # noqa: E402
from skipstone.quantize.convert.network import convert  # noqa: E402
from skipstone.quantize.convert.random_checkpoint import random_checkpoint  # noqa: E402
from skipstone.quantize.tflite.options import ReshapeOptions  # noqa: E402
from skipstone.quantize.tflite.writer import ModelWriter  # noqa: E402
from skipstone.tools.analyze.analysis import analyze  # noqa: E402
from skipstone.tools.analyze.kernel_costs import COSTS_FILE, CoreCosts, KernelCosts, StepCost  # noqa: E402
from skipstone.tools.analyze.work import work_of  # noqa: E402

CORES = {
    "m4": (M4, (KernelVariant.DSP, KernelVariant.REF)),
    "m55": (M55, (KernelVariant.MVE, KernelVariant.REF)),
}
SMALL = {"d_model": 32, "layers": 3, "heads": 2, "head_dim": 16, "positions": 8, "ffn": 64, "vocabulary": 12}
STEPS = 40
NOTHING = StepCost(step=0, copied_byte=0, copy_call=0, block=0, open_block=0)


def kernel_costs(target: Target, variants: tuple[KernelVariant, ...]) -> dict[str, Any]:
    """The fit of every kernel that the variants' packers choose."""
    lenient = replace(target, flags=[*target.flags, "-Wno-incompatible-pointer-types"])
    found: dict[str, tuple[list[dict[str, int]], list[int]]] = defaultdict(lambda: ([], []))
    for variant in track(variants, description=target.name):
        every = [case for case in cases(variant) if work_of(case.operator) is not None]
        with tempfile.TemporaryDirectory() as folder:
            counts = count_instructions(every, lenient, Path(folder))
        for case, count in zip(every, counts, strict=True):
            work = work_of(case.operator)
            assert work is not None
            found[case.operator.kernel][0].append(work)
            found[case.operator.kernel][1].append(count)
    return {name: fit(*data) for name, data in sorted(found.items())}


def step_cost(core: str, target: Target, kernels: dict[str, Any], folder: Path) -> StepCost:
    """From models whose kernels are known: one that copies 32 bytes, one that copies 512, a gated one."""
    costs = CoreCosts(kernels=kernels, step=NOTHING)
    few, many = (_counted(core, target, _copying(size, folder), "arbitrator") for size in (32, 512))
    byte = (many - few) / (512 - 32)
    path = folder / "gated.tflite"
    path.write_bytes(convert(random_checkpoint(1, **SMALL)))
    analysis = analyze(path.read_bytes(), "gated", load_board(target.name), _record({core: costs}))
    blocks, call = 2 * SMALL["layers"], 8.0
    step = few - 32 * byte - call
    shut = _counted(core, target, path, "none") - analysis.shut_instructions - step
    opened = _counted(core, target, path, "all") - analysis.open_instructions - step - shut
    return StepCost(
        step=step,
        copied_byte=byte,
        copy_call=call,
        block=max(shut, 0) / blocks,
        open_block=max(opened, 0) / blocks,
    )


def _counted(core: str, target: Target, path: Path, gates: str) -> int:
    models = _models_benchmark()
    main = models.TflmRunner(path.read_bytes()).model.main
    size = int(np.prod(main.tensors[main.inputs[0]].shape))
    features = np.random.default_rng(3).integers(-128, 128, (STEPS, size)).astype(np.int8)
    case = models.Case(path.stem, path, gates, features)
    row = models.measure(case, core, target, estimates=False)
    return int(row["instructions_per_step"])


def _models_benchmark() -> Any:
    """``benchmarks/models/run.py``; its name is taken by this file."""
    if "models_benchmark" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "models_benchmark", ROOT / "benchmarks" / "models" / "run.py"
        )
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["models_benchmark"] = module
        spec.loader.exec_module(module)
    return sys.modules["models_benchmark"]


def _copying(size: int, folder: Path) -> Path:
    writer = ModelWriter("copy")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, size), scale=0.1)
    shape = graph.tensor("shape", (2,), "int32", data=[size, 1])
    y = graph.tensor("y", (size, 1), scale=0.1)
    graph.operator("RESHAPE", [x, shape], [y], ReshapeOptions((size, 1)))
    graph.set_outputs(y)
    path = folder / f"copy{size}.tflite"
    path.write_bytes(writer.to_bytes())
    return path


def _record(cores: dict[str, CoreCosts], checks: tuple[dict[str, Any], ...] = ()) -> KernelCosts:
    version = subprocess.run([M4.compiler, "--version"], capture_output=True, text=True, check=True).stdout
    return KernelCosts(
        version=1,
        command="python benchmarks/kernel_costs/run.py",
        kind="fitted to exact instruction counts, QEMU -icount",
        compiler=version.splitlines()[0],
        cores=cores,
        checks=list(checks),
    )


def whole_models(costs: KernelCosts) -> list[dict[str, Any]]:
    """Every model of ``models.json`` whose gates are known: counted there, predicted here."""
    paths = {case.name: case.path for case in _models_benchmark().cases()}
    rows = []
    for row in json.loads(MODELS.read_text())["rows"]:
        name, board = row["model"], load_board(CORES[row["core"]][0].name)
        if name not in paths or name == "commands":
            continue  # which gates the arbitrators open is not a property of the model alone
        analysis = analyze(paths[name].read_bytes(), name, board, costs)
        predicted = analysis.shut_instructions if name.endswith("/none") else analysis.open_instructions
        counted = row["instructions_per_step"]
        error = round(100 * (predicted - counted) / counted, 2)
        rows.append(
            {
                "core": row["core"],
                "model": name,
                "counted": counted,
                "predicted": round(predicted),
                "error_percent": error,
            }
        )
    return rows


def show(costs: KernelCosts) -> None:
    """Print the error of every kernel's fit and of every whole model."""
    table = Table(
        "core", "kernel", "cases", "mean error", "worst error", title="each case predicted from the others"
    )
    for core, all_kernels in costs.cores.items():
        for name, kernel in all_kernels.kernels.items():
            errors = f"{kernel.mean_error_percent:.1f} %", f"{kernel.worst_error_percent:.1f} %"
            table.add_row(core, name, str(kernel.cases), *errors)
    Console(width=110).print(table)
    models = Table("core", "model", "counted", "predicted", "error", title="instructions of a step")
    for check in costs.checks:
        figures = f"{check.counted:,}", f"{check.predicted:,}", f"{check.error_percent:+.1f} %"
        models.add_row(check.core, check.model, *figures)
    Console(width=110).print(models)


def main() -> None:
    """Count, fit, compare, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("-o", "--output", type=Path, default=COSTS_FILE, help="JSON file to write")
    arguments = parser.parse_args()
    cores = {}
    for core, (target, variants) in CORES.items():
        kernels = kernel_costs(target, variants)
        with tempfile.TemporaryDirectory() as folder:
            cores[core] = CoreCosts(kernels=kernels, step=step_cost(core, target, kernels, Path(folder)))
    costs = _record(cores)
    costs = _record(cores, tuple(whole_models(costs)))
    show(costs)
    write_file(arguments.output, json.dumps(costs.model_dump(), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
