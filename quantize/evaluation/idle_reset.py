"""The idle reset: a stream is forgotten once no block has run for so many steps, on the host as on the board.

An MHA block attends to its last executed steps. In a pause nothing is executed, so that the block would meet
the next utterance with keys and values of the last one, however long ago that was. A recognizer starts anew
after an endpoint; here the endpoint is a run of steps in which the arbitrators opened no block.

The graph knows nothing of it: ``ss_set_idle_reset`` of the C runtime does the same to the same graph.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.evaluation.runner import Runner
from skipstone.quantize.tflite.metadata import read_skip_table
from skipstone.quantize.tflite.model import Model


class IdleReset:
    """A runner whose states return to their zero points after ``steps`` steps without an executed block.

    That happens at the end of the last of them: its outputs are those of the state before. It takes as many
    steps that did execute a block since the last reset: the first steps after one look like the begin of a
    sound and may open gates, which must not lead to the next. The decoder is not part of the model and
    remembers its tokens.

    Args:
        runner: its second output is the gate bits.
        steps: 0 never resets.
    """

    def __init__(self, runner: Runner, steps: int) -> None:
        self.model = runner.model
        self.steps = steps
        self._runner = runner
        self._idle = 0
        self._executed = 0

    def reset(self) -> None:
        """Start a new utterance."""
        self._runner.reset()
        self._idle = self._executed = 0

    def step(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Invoke the model once."""
        outputs = self._runner.step(*inputs)
        if self.steps == 0:
            return outputs
        if np.any(outputs[1]):
            self._idle = 0
            self._executed += 1
        else:
            self._idle += 1
            if self._idle >= self.steps and self._executed >= self.steps:
                self.reset()
        return outputs


def idle_reset_of(model: Model) -> int:
    """Steps of the idle reset that the model's ``SKIP_TABLE`` asks for; 0: none."""
    table = read_skip_table(model)
    return 0 if table is None else table.idle_reset


def as_deployed(runner: Runner, steps: int | None = None) -> IdleReset:
    """``runner`` with an idle reset of ``steps`` steps, by default of those that the model asks for."""
    return IdleReset(runner, idle_reset_of(runner.model) if steps is None else steps)
