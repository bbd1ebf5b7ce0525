"""Instructions of a step on the virtual boards, counted while a sample of the clips streams through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from evaluation import Answer
from skipstone.firmware.codegen.boards import load_board
from skipstone.tools.device import Device, StepBatch
from skipstone.tools.run.firmware import make_firmware
from skipstone.tools.run.flashed import flashed
from study_error import StudyError

BOARDS = {"m4": "mps2-an386", "m55": "mps3-an547"}
CHUNK = 2
"""Steps of one request: few, so that a board on a busy host answers each in time."""


@contextmanager
def board_with(model: Path, name: str, folder: Path) -> Iterator[Device]:
    """Generate and build the firmware of ``model``, flash it to the virtual board ``name`` and open it."""
    board = load_board(name)
    with flashed(board, make_firmware(model, board, folder / name)) as device:
        yield device


def chunks(steps: int) -> list[slice]:
    """``steps`` rows in requests of :data:`CHUNK`."""
    return [slice(first, first + CHUNK) for first in range(0, steps, CHUNK)]


def instructions_per_step(device: Device, answers: Sequence[Answer], by_model: bool) -> float:
    """Mean instructions of a model step (front end apart) over ``answers``.

    Args:
        device: a board with the model's firmware.
        answers: what to stream; their gates are what the board has to execute.
        by_model: gate source ``arbitrator``; else ``trace``, with the gates of the answers.

    Raises:
        StudyError: the board executes other gates or gives other logits than the simulation.
    """
    device.set_gates("arbitrator" if by_model else "trace")
    counts = []
    for answer in answers:
        device.reset()
        batch = StepBatch.join(
            [
                device.step_features(answer.features[rows], None if by_model else answer.gates[rows])
                for rows in chunks(len(answer.features))
            ]
        )
        if (batch.gates != answer.gates).any() or (batch.logits != answer.logits).any():
            raise StudyError(
                f"{device.info.board}: utterance {answer.index} differs from the integer simulation",
                "run skipstone run on the model: it names the step",
            )
        counts.append(batch.instructions)
    return float(np.concatenate(counts).mean())
