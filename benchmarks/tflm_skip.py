"""Time of one step in stock TFLM on this host, with every block on, off, and as the arbitrators decide.

Run: ``python benchmarks/tflm_skip.py [MODEL.tflite]``; without a model, a random one of the default size.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint, random_features
from skipstone.quantize.evaluation.evaluate import SpeechMetadata
from skipstone.quantize.evaluation.gates import compute_fraction, gate_bias
from skipstone.quantize.evaluation.tflm import TflmRunner

STEPS = 1000
REPEATS = 5


def main() -> None:
    """Print a row a gate source; the time is the fastest of several runs."""
    data = Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else convert(random_checkpoint(1))
    runner = TflmRunner(data)
    metadata = SpeechMetadata.of(runner.model)
    features = random_features(STEPS, metadata.features.step_features, seed=1)
    print(f"{'gates':<12}{'µs a step':>12}{'of all on':>12}{'compute fraction':>20}")
    whole = None
    for source in ("all", "arbitrator", "none"):
        bias = gate_bias(source, len(metadata.skip_table.blocks))[None]
        runs = [run(runner, features, bias) for _ in range(REPEATS)]
        microseconds = min(seconds for seconds, _ in runs) / STEPS * 1e6
        whole = whole or microseconds
        fraction = compute_fraction(runs[0][1], metadata.skip_table)
        print(f"{source:<12}{microseconds:>12.1f}{microseconds / whole:>12.3f}{fraction:>20.3f}")


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
