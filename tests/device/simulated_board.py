"""A board in Python behind a transport: speaks the protocol; loses or damages frames when told to."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from skipstone.tools.protocol import messages as m
from skipstone.tools.protocol.frame import DELIMITER, Frame, decode_frame, encode_frame
from skipstone.tools.protocol.wire import Payload

BLOCKS, FEATURES, LOGITS, SAMPLES = 12, 160, 20, 640
STATE = np.arange(-60, 60, dtype=np.int8).reshape(1, 5, 24)
TEXT = "schalte das Licht in der Küche an " * 40


@dataclass
class SimulatedBoard:
    """Implements ``Transport``.

    Attributes:
        fate: called with each reply frame's bytes; returns what arrives at the host (a list of frames).
        deaf: requests that are not heard.
        width: bytes of a feature, of a logit and of an element of the state; 2: int16.
    """

    fate: Callable[[bytes], list[bytes]] = lambda frame: [frame]
    deaf: int = 0
    executed: list[Payload] = field(default_factory=list)
    requests: int = 0
    protocol_version: int = m.PROTOCOL_VERSION
    counter: m.CounterKind = m.CounterKind.VIRTUAL
    refuse: dict[int, m.ErrorCode] = field(default_factory=dict)
    closed: bool = False
    width: int = 1
    _arrived: deque[bytes] = field(default_factory=deque)
    _last: tuple[int, int, bytes] = (0, -1, b"")

    def send(self, data: bytes) -> None:
        for encoded in data.split(DELIMITER):
            if encoded:
                self._hear(encoded)

    def receive(self, deadline: float) -> bytes | None:
        return self._arrived.popleft() if self._arrived else None

    def discard(self) -> None:
        self._arrived.clear()

    def close(self) -> None:
        self.closed = True

    def _hear(self, encoded: bytes) -> None:
        self.requests += 1
        if self.deaf > 0:
            self.deaf -= 1
            return
        frame = decode_frame(encoded)
        if (frame.type, frame.sequence) != self._last[:2]:
            reply = self._answer(m.REQUESTS[frame.type].decode(frame.payload))
            answer = encode_frame(Frame(reply.TYPE, frame.sequence, reply.encode()))
            self._last = (frame.type, frame.sequence, answer)
        for arrived in self.fate(self._last[2]):
            self._arrived.append(arrived.rstrip(DELIMITER))

    def _answer(self, request: Payload) -> Payload:
        if request.TYPE in self.refuse:
            return m.ErrorReply(request.TYPE, int(self.refuse[request.TYPE]), 7)
        self.executed.append(request)
        return getattr(self, f"_{request.NAME.removesuffix('_request')}")(request)

    def _npu_profile(self, request: m.NpuProfileRequest) -> Payload:
        return m.ErrorReply(request.TYPE, int(m.ErrorCode.NO_NPU), 0)

    def _hello(self, _: m.HelloRequest) -> Payload:
        digest = np.frombuffer(hashlib.sha256(b"model").digest(), np.uint8)
        return m.HelloReply(
            protocol_version=self.protocol_version,
            firmware_major=1,
            firmware_minor=2,
            firmware_patch=3,
            board="simulated",
            core="cortex-m4",
            clock_hz=25_000_000,
            counter=int(self.counter),
            model="toy",
            model_sha256=digest,
            feature_count=FEATURES,
            feature_width=self.width,
            frames_per_step=4,
            samples_per_step=SAMPLES,
            logit_count=LOGITS,
            logit_width=self.width,
            block_count=BLOCKS,
            state_count=1,
            token_count=LOGITS,
            gate_bytes=2,
            blank=0,
            max_payload=m.MAX_PAYLOAD,
            faults=0,
        )

    def _reset(self, _: m.ResetRequest) -> Payload:
        return m.ResetReply()

    def _set_gate_source(self, _: m.SetGateSourceRequest) -> Payload:
        return m.SetGateSourceReply()

    def _set_threshold_offset(self, _: m.SetThresholdOffsetRequest) -> Payload:
        return m.SetThresholdOffsetReply()

    def _set_idle_reset(self, _: m.SetIdleResetRequest) -> Payload:
        return m.SetIdleResetReply()

    def _step_features(self, request: m.StepFeaturesRequest) -> Payload:
        steps = request.steps
        gates = request.masks if request.masks is not None else np.full((steps, 2), 0xA5, np.uint8)
        size = LOGITS * self.width
        logits = request.features[:, :size] if request.flags & m.StepFlags.LOGITS else None
        head = (steps, request.flags, 2, size, gates, *_counts(request.features), logits)
        return m.StepFeaturesReply(*head, *_npu_counts(request.flags, steps))

    def _npu_profile(self, request: m.NpuProfileRequest) -> Payload:
        jobs = np.arange(request.first, min(request.first + 5, BLOCKS))
        head = (9, 100, 2000, 3, 30, 4, 40, BLOCKS, request.first, len(jobs))
        return m.NpuProfileReply(*head, jobs, 10 * jobs)

    def _step_pcm(self, request: m.StepPcmRequest) -> Payload:
        gates = request.masks if request.masks is not None else np.zeros((request.steps, 2), np.uint8)
        low = request.pcm.astype(np.int8)
        logits = low[:, :LOGITS] if request.flags & m.StepFlags.LOGITS else None
        features = low[:, :FEATURES] if request.flags & m.StepFlags.FEATURES else None
        counts = _counts(low)
        head = (request.steps, request.flags, 2, LOGITS, FEATURES)
        rows = (logits, features, *_npu_counts(request.flags, request.steps))
        return m.StepPcmReply(*head, gates, *counts, counts[1], counts[2], *rows)

    def _block_info(self, request: m.BlockInfoRequest) -> Payload:
        rows = range(request.first, min(request.first + 5, BLOCKS))
        values = np.array(rows)
        names = tuple(f"layer{i // 2}/{'ffn' if i % 2 else 'mha'}" for i in rows)
        return m.BlockInfoReply(
            BLOCKS, request.first, len(rows), names, 1 + values % 2, values - 129, 10 * values, 20 * values
        )

    def _state_info(self, request: m.StateInfoRequest) -> Payload:
        shape = np.array([[*STATE.shape, 0]])
        size = np.array([STATE.size * self.width])
        return m.StateInfoReply(1, request.first, 1, ("state",), size, np.array([3]), shape)

    def _state_read(self, request: m.StateReadRequest) -> Payload:
        state = STATE.reshape(-1) if self.width == 1 else STATE.astype("<i2").reshape(-1).view(np.int8)
        page = state[request.offset : request.offset + min(request.length, 50)]
        return m.StateReadReply(request.state, request.offset, state.size, len(page), page)

    def _text(self, request: m.TextRequest) -> Payload:
        raw = TEXT.encode()
        page = raw[request.offset : request.offset + 101]
        data = np.frombuffer(page, np.uint8)
        return m.TextReply(len(raw), request.offset, 0, len(page), data)

    def _profile(self, request: m.ProfileRequest) -> Payload:
        rows = np.arange(request.first, min(request.first + 5, BLOCKS))
        return m.ProfileReply(
            10, 10_000, 20_000, 0, 0, 1000, 2000, 500, 600, BLOCKS, request.first, len(rows), rows, 20 - rows,
            100 * rows, 200 * rows,
        )  # fmt: skip


def _npu_counts(flags: int, steps: int) -> tuple[NDArray[np.uint16], NDArray[np.uint32]] | tuple[None, None]:
    """Jobs and cycles of the NPU, counted through the batch, where they are asked for."""
    if not flags & m.StepFlags.NPU:
        return None, None
    return np.arange(steps).astype(np.uint16), (100 * np.arange(steps)).astype(np.uint32)


def _counts(rows: NDArray[np.int8]) -> tuple[NDArray[np.int16], NDArray[np.uint32], NDArray[np.uint32]]:
    """Tokens, instructions and cycles that tell which step they belong to."""
    first = rows[:, 0].astype(np.int64)
    return first.astype(np.int16), (first + 1000).astype(np.uint32), (first + 2000).astype(np.uint32)
