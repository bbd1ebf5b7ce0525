"""Steps packed into messages, as many as fit request and reply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.device.errors import DeviceError
from skipstone.tools.device.results import DeviceInfo, StepBatch, pack_gates, unpack_gates
from skipstone.tools.protocol.messages import (
    StepFeaturesReply,
    StepFeaturesRequest,
    StepFlags,
    StepPcmReply,
    StepPcmRequest,
)

FIXED_BYTES = 16  # more than the scalar fields of any step message
STEP_BYTES = 10  # token, instructions, cycles
FRONT_END_BYTES = 8
NPU_BYTES = 6
MOST_STEPS = 255


def _flags(
    masks: NDArray[np.bool_] | None, logits: bool, features: bool = False, npu: bool = False
) -> StepFlags:
    flags = StepFlags.LOGITS if logits else StepFlags(0)
    flags |= StepFlags.MASKS if masks is not None else StepFlags(0)
    flags |= StepFlags.NPU if npu else StepFlags(0)
    return flags | (StepFlags.FEATURES if features else StepFlags(0))


def _steps_per_message(info: DeviceInfo, request_bytes: int, reply_bytes: int) -> int:
    room = info.max_payload - FIXED_BYTES
    steps = min(room // request_bytes, room // reply_bytes, MOST_STEPS)
    if steps < 1:
        raise DeviceError(
            "one step does not fit a message", "ask for the logits and features in separate runs"
        )
    return steps


def feature_requests(
    info: DeviceInfo,
    rows: NDArray[np.generic],
    masks: NDArray[np.bool_] | None,
    logits: bool,
    npu: bool = False,
) -> Iterator[StepFeaturesRequest]:
    """Messages for int8 or int16 [n, F] features and bool [n, B] masks."""
    reply_bytes = STEP_BYTES + info.gate_bytes + (info.logit_count * info.logit_width if logits else 0)
    reply_bytes += NPU_BYTES if npu else 0
    feature_bytes = info.feature_count * info.feature_width
    steps = _steps_per_message(info, feature_bytes + info.gate_bytes, reply_bytes)
    flags = int(_flags(masks, logits, npu=npu))
    for first in range(0, len(rows), steps):
        part = np.ascontiguousarray(rows[first : first + steps]).astype(value_type(info.feature_width))
        bits = None if masks is None else pack_gates(masks[first : first + steps])
        yield StepFeaturesRequest(len(part), flags, feature_bytes, info.gate_bytes, part.view(np.int8), bits)


def pcm_requests(
    info: DeviceInfo,
    rows: NDArray[np.generic],
    masks: NDArray[np.bool_] | None,
    logits: bool,
    features: bool,
    npu: bool = False,
) -> Iterator[StepPcmRequest]:
    """Messages for int16 [n, samples] PCM and bool [n, B] masks."""
    reply_bytes = STEP_BYTES + FRONT_END_BYTES + info.gate_bytes + (NPU_BYTES if npu else 0)
    reply_bytes += info.logit_count * info.logit_width if logits else 0
    reply_bytes += info.feature_count * info.feature_width if features else 0
    steps = _steps_per_message(info, 2 * info.samples_per_step + info.gate_bytes, reply_bytes)
    flags = int(_flags(masks, logits, features, npu))
    for first in range(0, len(rows), steps):
        part = rows[first : first + steps].astype(np.int16)
        bits = None if masks is None else pack_gates(masks[first : first + steps])
        yield StepPcmRequest(len(part), flags, info.samples_per_step, info.gate_bytes, part, bits)


def value_type(width: int) -> np.dtype[Any]:
    """Type of features or logits of ``width`` bytes on the wire."""
    return np.dtype("<i2") if width == 2 else np.dtype(np.int8)


def _logits(info: DeviceInfo, reply: StepFeaturesReply | StepPcmReply) -> NDArray[np.signedinteger[Any]]:
    dtype = value_type(info.logit_width)
    return np.empty((reply.steps, 0), dtype) if reply.logits is None else reply.logits.view(dtype)


def features_batch(info: DeviceInfo, reply: StepFeaturesReply) -> StepBatch:
    """The batch that a STEP_FEATURES reply carries."""
    gates = unpack_gates(reply.gates, info.block_count)
    return StepBatch(
        gates,
        reply.tokens,
        reply.instructions,
        reply.cycles,
        _logits(info, reply),
        npu_jobs=reply.npu_jobs,
        npu_cycles=reply.npu_cycles,
    )


def pcm_batch(info: DeviceInfo, reply: StepPcmReply) -> StepBatch:
    """The batch that a STEP_PCM reply carries."""
    return StepBatch(
        unpack_gates(reply.gates, info.block_count),
        reply.tokens,
        reply.instructions,
        reply.cycles,
        _logits(info, reply),
        reply.features,
        reply.front_end_instructions,
        reply.front_end_cycles,
        reply.npu_jobs,
        reply.npu_cycles,
    )
