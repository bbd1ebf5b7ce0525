"""Time of one step in stock TFLM on this host, with every block on, off, and as the arbitrators decide.

Run on an idle machine: ``python benchmarks/tflm_skip.py``; writes ``benchmarks/results/tflm_skip.json``. The
shipped model on the shipped clips: a skipped block's body is not executed by TFLM either.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.evaluation.evaluate import SpeechMetadata
from skipstone.quantize.evaluation.gates import compute_fraction, gate_bias
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.tools.profile.measure import clip_features

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "models" / "commands"
RESULT = ROOT / "benchmarks" / "results" / "tflm_skip.json"
REPEATS = 5


def main() -> None:
    """Print and record a row a gate source; the time is the fastest of several runs."""
    runner = TflmRunner((SHIPPED / "model.tflite").read_bytes())
    skip_table = SpeechMetadata.of(runner.model).skip_table
    features = np.concatenate(clip_features(sorted((SHIPPED / "clips").glob("*.wav")), 4))
    rows = []
    print(f"{'gates':<12}{'µs a step':>12}{'of all on':>12}{'compute fraction':>20}")
    for source in ("all", "arbitrator", "none"):
        bias = gate_bias(source, len(skip_table.blocks))[None]
        runs = [run(runner, features, bias) for _ in range(REPEATS)]
        microseconds = min(seconds for seconds, _ in runs) / len(features) * 1e6
        fraction = compute_fraction(runs[0][1], skip_table)
        rows.append(
            {"gates": source, "us_per_step": round(microseconds, 1), "compute_fraction": round(fraction, 4)}
        )
        share = microseconds / rows[0]["us_per_step"]
        print(f"{source:<12}{microseconds:>12.1f}{share:>12.3f}{fraction:>20.3f}")
    record = {"steps": len(features), "kind": "measured", "rows": rows}
    write_file(RESULT, json.dumps(record, indent=2) + "\n")


def run(
    runner: TflmRunner, features: NDArray[np.int8], bias: NDArray[np.int8]
) -> tuple[float, NDArray[np.bool_]]:
    """Seconds of one pass over ``features`` from a reset state, and the gate trace bool[steps, blocks]."""
    runner.reset()
    begin = time.perf_counter()
    gates = [runner.step(row[None], bias)[1].reshape(-1) for row in features]
    return time.perf_counter() - begin, np.array(gates)


if __name__ == "__main__":
    main()
