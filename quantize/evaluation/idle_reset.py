"""The idle reset: a stream is forgotten after so many idle steps in a row, on the host as on the board.

An MHA block attends to its last executed steps. In a pause next to nothing is executed, so that the block
would meet the next utterance with keys and values of the last one, however long ago that was. A recognizer
starts anew after an endpoint; here the endpoint is a run of idle steps, in which the arbitrators opened next
to no block (:class:`IdleRule` says how many).

The graph knows nothing of it: ``ss_set_idle_reset`` of the C runtime does the same to the same graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.evaluation.runner import Runner
from skipstone.quantize.tflite.metadata import read_skip_table
from skipstone.quantize.tflite.model import Model


@dataclass(frozen=True)
class IdleRule:
    """When a stream is forgotten.

    Attributes:
        steps: after so many idle steps in a row; 0: never.
        blocks: a step is idle in which at most so many blocks ran.
    """

    steps: int = 0
    blocks: int = 0

    @classmethod
    def of(cls, model: Model) -> IdleRule:
        """What the model's ``SKIP_TABLE`` asks for."""
        table = read_skip_table(model)
        return cls() if table is None else cls(table.idle_reset, table.idle_blocks)


NEVER = IdleRule()


class IdleReset:
    """A runner whose states return to their zero points when ``rule`` says so.

    That happens at the end of the last idle step: its outputs are those of the state before. It takes as many
    steps that were not idle since the last reset: the first steps after one look like the begin of a sound
    and may open gates, which must not lead to the next. The decoder is not part of the model and remembers
    its tokens.

    Args:
        runner: its second output is the gate bits.
        rule: may be replaced between two steps.
    """

    def __init__(self, runner: Runner, rule: IdleRule) -> None:
        self.model = runner.model
        self.rule = rule
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
        if self.rule.steps == 0:
            return outputs
        if np.count_nonzero(outputs[1]) > self.rule.blocks:
            self._idle = 0
            self._executed += 1
        else:
            self._idle += 1
            if min(self._idle, self._executed) >= self.rule.steps:
                self.reset()
        return outputs


def as_deployed(runner: Runner, rule: IdleRule | None = None) -> IdleReset:
    """``runner`` with the idle reset of ``rule``, by default with what the model asks for."""
    return IdleReset(runner, IdleRule.of(runner.model) if rule is None else rule)
