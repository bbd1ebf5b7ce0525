"""Rows of running speech: utterances end to end with pauses between them, as a device hears them.

A network that is trained on single utterances meets a full ring buffer, the end of one sentence before the
next and long silence only on the device. Rows of one length also mix utterances of all lengths in a batch, so
that the normalization sees the same statistics in every batch; batches of similar utterances do not.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.training.noise import SILENCE, Values

StepRange = tuple[int, int]


@dataclass(frozen=True)
class Running:
    """How much of an epoch is running speech.

    Attributes:
        steps: of a row (fewest, most).
        share: of the utterances; the others are rows of their own, so that the network also learns what
            follows a reset.
    """

    steps: StepRange
    share: float = 1.0

    def singles(self, total: int) -> int:
        """Of ``total`` utterances, those that stay single; at least one does not."""
        return min(total - 1, round(total * (1 - self.share)))


SPEECH_SHARE = (0.6, 1.0)
"""Share of a row that its utterances may fill, drawn for every row."""
PAUSE_PROBABILITY = 0.75
"""Of a pause at each end of an utterance; without one the next follows at once."""
LEVELS = (-115.0, -20.0)
"""Background unlike that of the utterance before, in units of the features."""
QUIET_PERCENTILE = 15
MOST_WAITING = 16
"""Utterances that were too long for the rest of a row wait for the next; so few that none waits for long."""


def row_count(speech_steps: float, steps: StepRange) -> int:
    """Rows that an epoch over utterances of ``speech_steps`` steps in all has, at least one."""
    per_row = sum(steps) / 2 * sum(SPEECH_SHARE) / 2
    return max(1, math.ceil(speech_steps / per_row))


def plan_rows(
    order: NDArray[np.int64],
    lengths: NDArray[np.int64],
    room: NDArray[np.int64],
    generator: np.random.Generator,
) -> list[list[int]]:
    """Deal utterances out to rows.

    Args:
        order: utterances in the order in which they come; dealt again from its beginning where rows are left.
        lengths: frames of each utterance.
        room: frames of each row. The first utterance of a row may exceed it.
        generator: draws the share of speech.

    Returns:
        The utterances of each row, at least one.
    """
    waiting: deque[int] = deque()
    rows: list[list[int]] = []
    place = 0
    for frames in room:
        left = frames * generator.uniform(*SPEECH_SHARE)
        row: list[int] = []
        for _ in range(len(waiting)):
            first = waiting.popleft()
            if not row or lengths[first] <= left:
                row.append(first)
                left -= lengths[first]
            else:
                waiting.append(first)
        refused = 0
        while not row or (refused < 3 and len(waiting) < MOST_WAITING):
            following = int(order[place % len(order)])
            place += 1
            if not row or lengths[following] <= left:
                row.append(following)
                left -= lengths[following]
            else:
                waiting.append(following)
                refused += 1
        rows.append(row)
    return rows


def join_row(clips: Sequence[Values], frames: int, generator: np.random.Generator) -> Values:
    """Put ``clips``, float32 [any frames, bins] each, end to end; pauses fill the row up to ``frames``.

    The pauses before, between and after have random shares of what is left. Where the clips alone are longer,
    the row is longer.
    """
    room = max(0, frames - sum(len(clip) for clip in clips))
    weights = generator.exponential(size=len(clips) + 1) * (
        generator.random(len(clips) + 1) < PAUSE_PROBABILITY
    )
    if not weights.any():
        weights[-1] = 1.0
    ends = np.rint(np.cumsum(weights) / weights.sum() * room).astype(np.int64)
    pauses = np.diff(ends, prepend=0)
    parts = [background(int(pauses[0]), clips[0], generator)]
    for clip, pause in zip(clips, pauses[1:], strict=True):
        parts += [clip, background(int(pause), clip, generator)]
    return np.concatenate(parts)


def background(frames: int, beside: Values, generator: np.random.Generator) -> Values:
    """What is heard for ``frames`` while nobody speaks: digital silence, the quiet part of the utterance
    ``beside`` it, or noise of another level and spectrum."""
    bins = beside.shape[1]
    kind = generator.random()
    if kind < 0.35:
        return np.full((frames, bins), SILENCE, np.float32)
    if kind < 0.75:
        loudness = beside.mean(axis=1)
        quiet = beside[loudness <= np.percentile(loudness, QUIET_PERCENTILE)]
        spread = np.clip(quiet.std(axis=0), 1, 8)
        noise = quiet.mean(axis=0) + generator.normal(0, 1, (frames, bins)) * spread
    else:
        tilt = np.linspace(-1, 1, bins) * generator.uniform(-15, 15)
        noise = generator.uniform(*LEVELS) + tilt + generator.normal(0, 4, (frames, bins))
    return np.maximum(noise, SILENCE).astype(np.float32)
