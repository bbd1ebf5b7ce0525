"""Whatever arrives, the application neither crashes (ASan, UBSan) nor hangs; it answers whole frames once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from host_app import HostApp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skipstone.tools.protocol.frame import Frame, encode_frame
from skipstone.tools.protocol.messages import MAX_PAYLOAD, REQUESTS, ErrorReply, HelloReply

_SETTINGS = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HELLO = 0x01


@pytest.fixture(scope="module")
def running(listening_program: Path) -> Iterator[HostApp]:
    """One application for all examples: what one leaves behind, the next has to live with."""
    with HostApp(listening_program) as app:
        yield app


def answers_hello(app: HostApp) -> list[Frame]:
    """Ask HELLO; returns the frames that came before its reply."""
    sequence = app.next_sequence()
    app.send(b"\0" + encode_frame(Frame(HELLO, sequence, b"")))
    before = []
    while True:
        frame = app.receive()
        if frame.type == HELLO | 0x80 and frame.sequence == sequence:
            HelloReply.decode(frame.payload)
            return before
        before.append(frame)


@_SETTINGS
@given(noise=st.lists(st.binary(max_size=600), max_size=6))
def test_noise_is_not_answered(running: HostApp, noise: list[bytes]) -> None:
    running.send(b"\0".join(noise))
    assert answers_hello(running) == []


@_SETTINGS
@given(size=st.integers(4000, 9000), byte=st.integers(1, 255))
def test_oversized_frames_are_dropped(running: HostApp, size: int, byte: int) -> None:
    running.send(bytes([byte]) * size + b"\0")
    assert answers_hello(running) == []


@_SETTINGS
@given(
    type_id=st.one_of(st.sampled_from(sorted(REQUESTS)), st.integers(0, 255)),
    payload=st.one_of(st.binary(max_size=64), st.binary(min_size=4000, max_size=MAX_PAYLOAD)),
    version=st.sampled_from([1, 1, 1, 0, 2, 255]),
)
def test_any_payload_gets_one_reply(running: HostApp, type_id: int, payload: bytes, version: int) -> None:
    sequence = running.next_sequence()
    running.send(encode_frame(Frame(type_id, sequence, payload, version)))
    replies = answers_hello(running)
    assert [frame.sequence for frame in replies] == [sequence]
    assert replies[0].type in (type_id | 0x80, 0xFF)
    if replies[0].type == 0xFF and type_id != 0x7F:
        assert ErrorReply.decode(replies[0].payload).request == type_id


@_SETTINGS
@given(
    steps=st.integers(0, 30),
    flags=st.integers(0, 255),
    counts=st.tuples(st.sampled_from([0, 1, 159, 160, 161, 65535]), st.sampled_from([0, 1, 2, 3, 255])),
    extra=st.integers(-3, 3),
    type_id=st.sampled_from([0x10, 0x11]),
)
def test_counts_that_lie_are_refused(
    running: HostApp, steps: int, flags: int, counts: tuple[int, int], extra: int, type_id: int
) -> None:
    width, gate_bytes = counts
    head = bytes([steps, flags]) + width.to_bytes(2, "little") + bytes([gate_bytes])
    size = min(max(0, steps * width + extra), MAX_PAYLOAD - 5)
    sequence = running.next_sequence()
    running.send(encode_frame(Frame(type_id, sequence, head + bytes(size))))
    assert [frame.sequence for frame in answers_hello(running)] == [sequence]


@_SETTINGS
@given(cut=st.integers(0, 400), flip=st.integers(0, 7), data=st.binary(min_size=1, max_size=400))
def test_damaged_requests_are_silent(running: HostApp, cut: int, flip: int, data: bytes) -> None:
    whole = bytearray(encode_frame(Frame(0x41, running.next_sequence(), data)))
    at = cut % (len(whole) - 1)
    damaged = whole[:at] if cut > 200 else whole
    if damaged is whole:
        whole[at] ^= 1 << flip
    if bytes(damaged).strip(b"\0") == b"":
        return
    running.send(bytes(damaged))
    assert answers_hello(running) == []
