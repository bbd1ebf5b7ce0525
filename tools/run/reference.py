"""Stage 2: what stock TFLM answers to every step. The board has to give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.evaluation.decode import best_token, decoder_of
from skipstone.quantize.evaluation.idle_reset import as_deployed
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.tools.run.clips import Clip
from skipstone.tools.run.record import GateSource

GATE_BIAS: dict[GateSource, int] = {"arbitrator": 0, "all": 127, "none": -128}


@dataclass(frozen=True)
class Answers:
    """Outputs of S steps: ``logits`` int8 [S, V], ``gates`` bool [S, B]."""

    logits: NDArray[np.int8]
    gates: NDArray[np.bool_]


def tflm_answers(
    model: bytes,
    clips: Sequence[Clip],
    block_count: int,
    source: GateSource,
    advance: Callable[[int], None],
) -> Answers:
    """Stream all clips through stock TFLM, the state reset before each clip and when the model has been idle.

    Args:
        model: the ``.tflite``.
        clips: utterances in order; the answers of all of them are joined.
        block_count: B.
        source: what decides the gates; turned into a ``gate_bias`` vector, as on the board.
        advance: called with the number of steps done since the last call.
    """
    runner = as_deployed(TflmRunner(model))
    decoder = decoder_of(runner.model)
    bias = np.full((1, block_count), GATE_BIAS[source], np.int8)
    logits, gates = [], []
    for clip in clips:
        runner.reset()
        decoder.reset()
        for features in clip.features:
            step_logits, step_gates = runner.step(features[None], bias, *decoder.inputs())
            decoder.push(best_token(step_logits))
            logits.append(step_logits.ravel())
            gates.append(step_gates.ravel())
        advance(clip.steps)
    return Answers(np.stack(logits), np.stack(gates).astype(bool))
