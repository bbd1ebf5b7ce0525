"""Executed instructions of the audio front end a step (four frames of 40 mel bands), all variants."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[2] / "tests" / "features")]

import test_front_end_on_boards as boards  # noqa: E402
from skipstone.quantize.features.log_mel import log_mel, stack_steps  # noqa: E402

RUNS = [
    ("m4", boards.M4, "dsp"),
    ("m4", boards.M4, "ref"),
    ("m55", boards.M55, "mve"),
    ("m55", boards.M55, "ref"),
]


def rows() -> list[dict[str, Any]]:
    """A row a core and variant: mean over steps of noise at four levels.

    Raises:
        SystemExit: a feature is not NumPy's.
    """
    wanted = stack_steps(log_mel(boards.board_pcm()))
    found = []
    for core, board, variant in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            ticks, features = boards.run_on(board, variant, "-O2", Path(folder))  # type: ignore[arg-type]
        if not np.array_equal(features, wanted):
            raise SystemExit(f"front end on {board.machine}: features are not those of NumPy")
        steps = ticks[: boards.BUSY_STEPS].mean() / board.ticks_per_instruction
        found.append(
            {
                "core": core,
                "kernel": "front_end",
                "shape": f"{boards.FRAMES_PER_STEP} frames of 512 to 40",
                "variant": variant,
                "macs": 0,
                "instructions": round(float(steps)),
                "cmsis_nn_instructions": None,
                "cmsis_nn_source": None,
                "cmsis_nn_by_compiler": {},
                "bound_instructions": None,
                "macs_per_instruction": None,
                "constant_bytes": None,
                "scratch_bytes": None,
            }
        )
    return found
