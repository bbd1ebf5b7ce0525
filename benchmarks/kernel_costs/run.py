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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "benchmarks" / "results" / "models.json"
sys.path[:0] = [
    *(str(ROOT / "tests" / name) for name in ("kernels", "integer", "analyze")),
    str(ROOT / "benchmarks" / "models"),
    str(Path(__file__).parent),
]

from case_program import M4, M55, KernelCase, Target, count_instructions  # noqa: E402
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
from streaming_networks import NETWORKS, random_steps  # noqa: E402

CORES = {
    "m4": (M4, (KernelVariant.DSP, KernelVariant.REF)),
    "m55": (M55, (KernelVariant.MVE, KernelVariant.REF)),
}
SMALL = {"d_model": 32, "layers": 3, "heads": 2, "head_dim": 16, "positions": 8, "ffn": 64, "vocabulary": 12}
STEPS = 40
CASES_OF_A_PROGRAM = 300
NOTHING = StepCost(step=0, copied_byte=0, copy_call=0, block=0, open_block=0)


def kernel_costs(target: Target, variants: tuple[KernelVariant, ...]) -> dict[str, Any]:
    """The fit of every kernel that the variants' packers choose."""
    found: dict[str, tuple[list[dict[str, int]], list[int]]] = defaultdict(lambda: ([], []))
    for variant in track(variants, description=target.name):
        every = [case for case in cases(variant) if work_of(case.operator) is not None]
        for case, count in zip(every, _counts(every, target), strict=True):
            work = work_of(case.operator)
            assert work is not None
            found[case.operator.kernel][0].append(work)
            found[case.operator.kernel][1].append(count)
    return {name: fit(*data) for name, data in sorted(found.items())}


def _counts(every: list[KernelCase], target: Target) -> list[int]:
    """Instructions of each case; the constants of all of them do not fit into one program."""
    counts: list[int] = []
    for first in range(0, len(every), CASES_OF_A_PROGRAM):
        with tempfile.TemporaryDirectory() as folder:
            counts += count_instructions(every[first : first + CASES_OF_A_PROGRAM], target, Path(folder))
    return counts


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
    features = random_steps(main.tensors[main.inputs[0]], STEPS)
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
    """Every model of ``models.json`` whose gates are known, counted there, and the networks, counted here."""
    return [*_recorded_models(costs), *_networks(costs)]


def _row(core: str, name: str, counted: int, predicted: float) -> dict[str, Any]:
    return {
        "core": core,
        "model": name,
        "counted": counted,
        "predicted": round(predicted),
        "error_percent": round(100 * (predicted - counted) / counted, 2),
    }


def _networks(costs: KernelCosts) -> list[dict[str, Any]]:
    rows = []
    for name, make in track(NETWORKS.items(), description="networks"):
        for core, (target, _) in CORES.items():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.tflite"
                path.write_bytes(make())
                counted = _counted(core, target, path, "arbitrator")
                analysis = analyze(path.read_bytes(), name, load_board(target.name), costs)
            rows.append(_row(core, name, counted, analysis.open_instructions))
    return rows


def _recorded_models(costs: KernelCosts) -> list[dict[str, Any]]:
    paths = {case.name: case.path for case in _models_benchmark().cases()}
    rows = []
    for row in json.loads(MODELS.read_text())["rows"]:
        name, board = row["model"], load_board(CORES[row["core"]][0].name)
        if name not in paths or name == "commands":
            continue  # which gates the arbitrators open is not a property of the model alone
        analysis = analyze(paths[name].read_bytes(), name, board, costs)
        predicted = analysis.shut_instructions if name.endswith("/none") else analysis.open_instructions
        rows.append(_row(row["core"], name, row["instructions_per_step"], predicted))
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
