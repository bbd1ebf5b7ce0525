"""Frames survive the wire whole or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.tools.protocol.frame import Frame, FrameError, decode_frame, encode_frame
from skipstone.tools.protocol.messages import SetThresholdOffsetRequest, StepFeaturesRequest
from skipstone.tools.protocol.wire import ProtocolError

FRAMES = st.builds(
    Frame, st.integers(0, 255), st.integers(0, 0xFFFF), st.binary(max_size=700), st.integers(0, 255)
)


@given(frame=FRAMES)
def test_a_frame_comes_back_as_it_was(frame: Frame) -> None:
    encoded = encode_frame(frame)
    assert encoded.count(b"\0") == 1
    assert decode_frame(encoded[:-1]) == frame


@given(frame=FRAMES, at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_wrong_bit_is_noticed(frame: Frame, at: int, bit: int) -> None:
    encoded = bytearray(encode_frame(frame)[:-1])
    encoded[at % len(encoded)] ^= 1 << bit
    with pytest.raises(FrameError):
        decode_frame(bytes(encoded))


@given(noise=st.binary(max_size=200))
def test_noise_is_no_frame(noise: bytes) -> None:
    try:
        frame = decode_frame(noise)
    except FrameError:
        return
    assert encode_frame(frame)[:-1] == noise


def test_sequence_numbers_wrap() -> None:
    assert decode_frame(encode_frame(Frame(1, 0x1_0005, b""))[:-1]).sequence == 5


@pytest.mark.parametrize(
    "message",
    [
        SetThresholdOffsetRequest(128),
        SetThresholdOffsetRequest(1.5),  # type: ignore[arg-type]
        StepFeaturesRequest(2, 0, 3, 1, np.zeros((2, 4), np.int8)),
        StepFeaturesRequest(1, 0, 1, 1, np.array([[200]], np.int16)),  # type: ignore[arg-type]
        StepFeaturesRequest(1, 2, 1, 1, np.zeros((1, 1), np.int8), None),
    ],
    ids=["out of range", "not a number", "other shape", "array out of range", "masks missing"],
)
def test_values_that_do_not_fit_are_refused(message: SetThresholdOffsetRequest) -> None:
    with pytest.raises(ProtocolError):
        message.encode()
