"""Steps a second through the serial link of each virtual board, gates by the arbitrators.

Usage: python benchmarks/serial_link.py [BOARD …]; writes benchmarks/results/serial_link.json. Wall-clock
figures: run it on an idle machine. Features go in, tokens and gate bits come back
(no logits), as `skipstone profile` does it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from skipstone.firmware.codegen.boards import board_names, load_board
from skipstone.firmware.codegen.generate import generate
from skipstone.quantize.artefacts import write_file
from skipstone.tools import virtual
from skipstone.tools.build.firmware import build_firmware
from skipstone.tools.device import Device, open_device
from skipstone.tools.profile.measure import clip_features

ROOT = Path(__file__).parents[1]
MODEL = ROOT / "models" / "commands" / "model.tflite"
CLIPS = sorted((ROOT / "models" / "commands" / "clips").glob("*.wav"))
RESULT = ROOT / "benchmarks" / "results" / "serial_link.json"
STEPS = 400
RUNS = 5


def steps_per_second(name: str, features: np.ndarray, folder: Path) -> list[float]:
    """Rates of :data:`RUNS` runs on a freshly started board; ``features`` int8 [steps, 160]."""
    board = load_board(name)
    generate(MODEL, board, folder / name)
    elf = build_firmware(folder / name, board, folder / f"{name}.elf").elf
    virtual.start(name, elf)
    try:
        with open_device(name) as device:
            return [_rate(device, features) for _ in range(RUNS)]
    finally:
        virtual.stop(name)


def _rate(device: Device, features: np.ndarray) -> float:
    device.reset()
    begin = time.perf_counter()
    device.step_features(features, logits=False)
    return len(features) / (time.perf_counter() - begin)


def main() -> None:
    """Measure the boards named on the command line, or all virtual ones."""
    names = sys.argv[1:] or [name for name in board_names() if load_board(name).virtual is not None]
    features = np.concatenate(clip_features(CLIPS, 4))[:STEPS]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            rates = steps_per_second(name, features, Path(folder))
            rows.append(
                {"board": name, "steps_per_second": round(max(rates)), "runs": [round(r) for r in rates]}
            )
            print(f"{name:16} best {max(rates):4.0f} steps/s of {', '.join(f'{r:.0f}' for r in rates)}")
    record = {"steps": STEPS, "load_average": round(os.getloadavg()[0], 1), "kind": "measured", "rows": rows}
    write_file(RESULT, json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
