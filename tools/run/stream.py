"""Stage 4: stream the clips through a board and compare every step with TFLM's answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.evaluation.idle_reset import NEVER, IdleRule
from skipstone.tools.device.client import Device
from skipstone.tools.device.results import NpuProfile, Profile, StepBatch
from skipstone.tools.run.clips import Clip
from skipstone.tools.run.record import GateSource
from skipstone.tools.run.reference import Answers

CHUNK = 32


@dataclass(frozen=True)
class BoardPass:
    """All clips through a board with one gate source, S steps.

    Attributes:
        batch: what the board answered.
        equal: bool [S], logits and gate bits (and features, where the board computed them) are TFLM's.
        texts: recognised text of each clip, as the board read it out.
        profile: the board's sums per block.
        npu: the NPU's; ``None`` where the firmware has none.
    """

    batch: StepBatch
    equal: NDArray[np.bool_]
    texts: tuple[str, ...]
    profile: Profile
    npu: NpuProfile | None = None


def stream_pass(
    device: Device,
    clips: Sequence[Clip],
    source: GateSource,
    expected: Answers,
    from_pcm: bool,
    advance: Callable[[int], None],
    has_npu: bool = False,
    idle: IdleRule = NEVER,
) -> BoardPass:
    """Stream all clips with one gate source, the board's state reset before each clip.

    Args:
        device: an open board.
        clips: utterances in order.
        source: what decides the gates.
        expected: TFLM's answers for the same clips and gate source.
        from_pcm: send the audio and let the board compute its features, which are compared as well; else send
            features.
        advance: called with the number of steps done since the last call.
        has_npu: the firmware runs blocks on an NPU, whose sums are asked for.
        idle: what the model asks for, see :meth:`Device.set_idle_reset`.
    """
    device.set_gates(source)
    device.set_idle_reset(idle.steps, idle.blocks)
    device.profile(clear=True)
    batches, texts = [], []
    for clip in clips:
        device.reset()
        for first in range(0, clip.steps, CHUNK):
            rows = slice(first, min(first + CHUNK, clip.steps))
            batch = _send(device, clip, rows, from_pcm)
            batches.append(batch)
            advance(len(batch))
        texts.append(device.text())
    joined = StepBatch.join(batches)
    features = np.concatenate([clip.features for clip in clips])
    equal = equal_steps(joined, expected, features)
    npu = device.npu_profile() if has_npu else None
    return BoardPass(joined, equal, tuple(texts), device.profile(), npu)


def equal_steps(batch: StepBatch, expected: Answers, features: NDArray[np.int8]) -> NDArray[np.bool_]:
    """bool [S]: steps that agree with TFLM in every byte of logits, gates and, if sent back, features."""
    equal = (batch.logits == expected.logits).all(axis=1) & (batch.gates == expected.gates).all(axis=1)
    if batch.features is not None:
        equal &= (batch.features == features).all(axis=1)
    return np.asarray(equal, dtype=bool)


def _send(device: Device, clip: Clip, rows: slice, from_pcm: bool) -> StepBatch:
    if not from_pcm:
        return device.step_features(clip.features[rows])
    width = device.info.samples_per_step
    return device.step_pcm(clip.pcm.reshape(-1, width)[rows], features=True)
