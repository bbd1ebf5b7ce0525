"""Stream the same utterances through a board once an offset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.evaluation.decode import decode_ids
from skipstone.quantize.evaluation.evaluate import SpeechMetadata, step_features, word_errors
from skipstone.quantize.evaluation.gates import compute_fraction
from skipstone.tools.device import Device, StepBatch
from skipstone.tools.dial.errors import DialError
from skipstone.tools.dial.record import DialPoint

CHUNK = 4
"""Steps of one request: few, so that a board on a busy host answers each in time."""


@dataclass(frozen=True)
class SpokenClip:
    """An utterance as the board receives it: int8 [steps, features], and what was said."""

    features: NDArray[np.int8]
    reference: str


def spoken_clips(utterances: Sequence[Utterance], metadata: SpeechMetadata) -> list[SpokenClip]:
    """Features of the utterances whose words are known; a tail of silence lets the last word come out.

    Raises:
        DialError: no utterance has words.
        FeatureError: a recording cannot be read.
    """
    known = [(u, u.reference) for u in utterances]
    clips = [
        SpokenClip(step_features(u.audio, metadata.features), reference)
        for u, reference in known
        if reference is not None
    ]
    if not any(clip.reference.split() for clip in clips):
        raise DialError("no utterance has words", "give a manifest whose utterances have a text")
    return clips


def sweep(
    device: Device,
    clips: Sequence[SpokenClip],
    metadata: SpeechMetadata,
    offsets: Sequence[int],
    advance: Callable[[int], None] = lambda _: None,
) -> list[DialPoint]:
    """One point an offset with gate source ``arbitrator``, then one with ``all``.

    The idle reset is that of the model. The board is left with the arbitrators deciding and no offset.

    Args:
        device: a board that runs the model.
        clips: what to stream; the state is reset before each.
        metadata: of the model.
        offsets: −128 … 127.
        advance: called with the number of steps done.
    """
    settings = [("arbitrator", offset) for offset in offsets] + [("all", 0)]
    device.set_idle_reset(metadata.skip_table.idle_reset, metadata.skip_table.idle_blocks)
    try:
        return [_point(device, clips, metadata, gates, offset, advance) for gates, offset in settings]
    finally:
        device.set_idle_reset(0)
        device.set_threshold_offset(0)
        device.set_gates("arbitrator")


def _stream(
    device: Device, features: NDArray[np.int8], advance: Callable[[int], None]
) -> Iterator[StepBatch]:
    for first in range(0, len(features), CHUNK):
        batch = device.step_features(features[first : first + CHUNK], logits=False)
        advance(len(batch))
        yield batch


def _point(
    device: Device,
    clips: Sequence[SpokenClip],
    metadata: SpeechMetadata,
    gates: str,
    offset: int,
    advance: Callable[[int], None],
) -> DialPoint:
    device.set_gates(gates)
    device.set_threshold_offset(offset)
    errors = words = 0
    batches = []
    for clip in clips:
        device.reset()
        batch = StepBatch.join(list(_stream(device, clip.features, advance)))
        text = decode_ids((token for token in batch.tokens.tolist() if token >= 0), metadata.tokens.tokens)
        wrong, spoken = word_errors(clip.reference, text)
        errors, words = errors + wrong, words + spoken
        batches.append(batch)
    run = StepBatch.join(batches)
    return DialPoint(
        gates=gates,
        threshold_offset=offset,
        errors=errors,
        words=words,
        steps=len(run),
        compute_fraction=compute_fraction(run.gates, metadata.skip_table),
        instructions_per_step=float(run.instructions.mean()),
        cycles_per_step=float(run.cycles.mean()),
    )
