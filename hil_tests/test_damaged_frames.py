"""Frames that are damaged, cut short, too long or nonsense never hang the board nor change its stream."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from cobs import cobs
from numpy.typing import NDArray
from skipstone.tools.device import Device, DeviceError, RequestRefusedError
from skipstone.tools.protocol import messages as m
from skipstone.tools.protocol.frame import DELIMITER, Frame, encode_frame

from .reference import Reference


def step_frame(device: Device, sequence: int = 0x5A5A) -> bytes:
    """A sound STEP_FEATURES request of one step."""
    info = device.info
    row = np.ones((1, info.feature_count), np.int8)
    request = m.StepFeaturesRequest(1, 0, info.feature_count, info.gate_bytes, row)
    return encode_frame(Frame(request.TYPE, sequence, request.encode()))


def flip(data: bytes, position: int) -> bytes:
    """``data`` with one byte changed, neither from nor to zero."""
    other = data[position] ^ 0x55 or 0xAA
    return data[:position] + bytes([other or 1]) + data[position + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "corrupt header": lambda frame: flip(frame, 2),
    "corrupt payload": lambda frame: flip(frame, len(frame) // 2),
    "corrupt crc": lambda frame: flip(frame, len(frame) - 2),
    "cut short": lambda frame: frame[: len(frame) // 2] + DELIMITER,
    "cut to three bytes": lambda frame: frame[:3] + DELIMITER,
    "no cobs": lambda frame: b"\xfe" + frame[1:40] + DELIMITER,
    "empty": lambda _: DELIMITER * 5,
    "oversized": lambda _: b"\x11" * 20_000 + DELIMITER,
    "noise": lambda _: bytes(np.random.default_rng(1).integers(0, 256, 5000, dtype=np.uint8)) + DELIMITER,
    "two frames run together": lambda frame: frame[:-1] + frame,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_stream_goes_on_after(
    damage: str, device: Device, reference: Reference, features: NDArray[np.int8]
) -> None:
    """No damaged frame runs a step: the steps before and after are those of an undisturbed stream."""
    expected = reference.tflm(features[:20], reference.biases("arbitrator", 20))
    first = device.step_features(features[:10])
    device.link.send_raw(DAMAGE[damage](step_frame(device)))
    second = device.step_features(features[10:20])
    expected.check(type(first).join([first, second]))


def test_damage_is_counted(device: Device) -> None:
    before = device.link_info()
    for damage in ("corrupt payload", "cut to three bytes", "oversized"):
        device.link.send_raw(DAMAGE[damage](step_frame(device)))
    after = device.link_info()
    assert after.crc_errors - before.crc_errors >= 1
    assert after.framing_errors - before.framing_errors >= 1
    assert after.oversized - before.oversized >= 1


def test_an_unknown_request_is_refused(device: Device) -> None:
    refusal = device.link.exchange_raw(0x7E, b"anything")
    assert (refusal.request, refusal.code) == (0x7E, m.ErrorCode.UNKNOWN_TYPE)


@pytest.mark.parametrize("request_type", sorted(m.REQUESTS))
def test_a_payload_of_the_wrong_length_is_refused(request_type: int, device: Device) -> None:
    refusal = device.link.exchange_raw(request_type, bytes([1]) * 1500)
    assert refusal.request == request_type
    assert refusal.code in (m.ErrorCode.BAD_LENGTH, m.ErrorCode.BAD_VALUE, m.ErrorCode.BAD_SHAPE)


def test_another_protocol_version_is_refused(device: Device) -> None:
    body = struct.pack("<BBH", 99, m.HelloRequest.TYPE, 0x1234)
    device.link.send_raw(cobs.encode(body + struct.pack("<I", zlib.crc32(body))) + DELIMITER)
    assert device.hello().board == device.info.board


def test_bad_arguments_are_refused_with_a_reason(device: Device, features: NDArray[np.int8]) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        device.read_state(device.info.state_count)
    assert caught.value.code == m.ErrorCode.BAD_INDEX
    device.set_gates("trace")
    with pytest.raises(RequestRefusedError) as caught:
        device.step_features(features[:1])
    assert caught.value.code == m.ErrorCode.GATE_SOURCE
    with pytest.raises(DeviceError, match="features have shape"):
        device.step_features(features[:1, :-1])


def test_a_repeated_request_runs_once(
    device: Device, reference: Reference, features: NDArray[np.int8]
) -> None:
    """What a host does that lost a reply: the same frame again."""
    expected = reference.tflm(features[:3], reference.biases("arbitrator", 3))
    before = device.link_info().repeats
    info = device.info
    for step in range(2):
        request = m.StepFeaturesRequest(1, 0, info.feature_count, info.gate_bytes, features[step : step + 1])
        frame = encode_frame(Frame(request.TYPE, 0x4000 + step, request.encode()))
        for _ in range(3):
            device.link.send_raw(frame)
    last = device.step_features(features[2:3])
    assert np.array_equal(last.logits[0], expected.logits[2])
    assert device.link_info().repeats - before == 4
