"""What the loss counts when it counts the board's costs instead of MACs.

Usage: python benchmarks/gating/costs.py [--steps 200] [--profiles FOLDER]

Writes benchmarks/results/costs.json: the shipped model on a Cortex-M4 and a Cortex-M55, every block at every
step (gate source ``all``), and what its own gates make of that on the same steps in stock TFLM. Instructions
of the virtual boards are exact, cycles modelled. FOLDER gets the profiles themselves, for
``skipstone train --costs``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from boards import board_with
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from skipstone.firmware.codegen.boards import load_board
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.evaluation.gates import gate_bias
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.losses.profile_costs import Measure, profile_costs
from skipstone.quantize.models.config import ModelConfig
from skipstone.quantize.models.costs import NetworkCosts
from skipstone.quantize.training.checkpoint import read_checkpoint
from skipstone.tools.profile import clip_features, profile_features

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "models" / "commands"
RESULT = ROOT / "benchmarks" / "results" / "costs.json"
BOARDS = {"m4": "mps2-an386", "m55": "mps3-an547"}
MEASURES: tuple[Measure, ...] = ("instructions", "cycles")


def profile_board(name: str, features: np.ndarray, folder: Path, output: Path) -> None:
    """Profile the shipped model on a virtual board with every gate open; write the JSON to ``output``."""
    with board_with(SHIPPED / "model.tflite", name, folder) as device, Progress() as bar:
        task = bar.add_task(name, total=len(features))
        profile = profile_features(
            device, load_board(name), [features], "all", lambda done: bar.advance(task, done)
        )
    write_file(output, json.dumps(profile.as_dict(), indent=1))


def open_rates(features: NDArray[np.int8], blocks: int) -> NDArray[np.float64]:
    """Share of the steps at which the shipped model opens each block, in stock TFLM, from a reset.

    Args:
        features: int8 [n, F].
        blocks: number of gated blocks.

    Returns:
        float64 [blocks].
    """
    runner = TflmRunner((SHIPPED / "model.tflite").read_bytes())
    bias = gate_bias("arbitrator", blocks)
    gates = [runner.step(row[None], bias[None])[1].reshape(-1) != 0 for row in features]
    return np.mean(gates, axis=0, dtype=np.float64)


def shares(
    costs: NetworkCosts, config: ModelConfig, rates: np.ndarray, measure: str, core: str
) -> dict[str, Any]:
    """Relative costs of the kinds of blocks, and what they make of the same gates.

    Args:
        rates: how often each block runs, float64 [blocks].
    """
    blocks = np.array(costs.blocks, float)
    kinds = np.array(config.block_kinds)
    mha, ffn = (float(blocks[kinds == kind].mean()) for kind in ("mha", "ffn"))
    overhead = costs.arbitrators + costs.fixed_blocks
    return {
        "core": core,
        "measure": measure,
        "mha": round(mha),
        "ffn": round(ffn),
        "mha_over_ffn": round(mha / ffn, 4),
        "arbitrators_share": round(costs.arbitrators / (blocks.sum() + overhead), 4),
        "fraction_of_shipped_gates": round(float((rates @ blocks + overhead) / (blocks.sum() + overhead)), 4),
    }


def main() -> None:
    """Print and record a row a measure and core."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200, help="steps to profile")
    parser.add_argument("--profiles", type=Path, help="folder that gets the profiles")
    options = parser.parse_args()
    checkpoint = read_checkpoint(SHIPPED / "checkpoint")
    features = np.concatenate(clip_features(sorted((SHIPPED / "clips").glob("*.wav")), 4))[: options.steps]
    rates = open_rates(features, len(checkpoint.config.block_kinds))
    rows = [shares(NetworkCosts.of(checkpoint.config), checkpoint.config, rates, "macs", "any")]
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.profiles or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for core, board in BOARDS.items():
            output = folder / f"{core}.json"
            profile_board(board, features, Path(temporary) / core, output)
            for measure in MEASURES:
                costs = profile_costs(output, checkpoint.config, measure)
                rows.append(shares(costs, checkpoint.config, rates, measure, core))
    _print(rows)
    kinds = {"instructions": "exact", "cycles": "modelled", "macs": "exact"}
    record = {"model": "models/commands", "steps": len(features), "kinds": kinds, "rows": rows}
    write_file(RESULT, json.dumps(record, indent=2) + "\n")


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table(title="shipped model: cost of a block", title_justify="left")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
