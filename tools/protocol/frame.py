"""Frames on the wire: COBS(version u8, type u8, sequence u16le, payload, CRC-32 u32le), then a zero byte."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from cobs import cobs
from skipstone.tools.protocol.messages import PROTOCOL_VERSION
from skipstone.tools.protocol.wire import ProtocolError

HEADER = struct.Struct("<BBH")
DELIMITER = b"\0"


class FrameError(ProtocolError):
    """What arrived between two zero bytes is no frame: no COBS, too short, or a wrong CRC."""


@dataclass(frozen=True)
class Frame:
    """One message on the wire."""

    type: int
    sequence: int
    payload: bytes
    version: int = PROTOCOL_VERSION


def encode_frame(frame: Frame) -> bytes:
    """The frame's bytes with the closing delimiter; CRC-32 as ``zlib.crc32`` of header and payload."""
    body = HEADER.pack(frame.version, frame.type, frame.sequence & 0xFFFF) + frame.payload
    return cobs.encode(body + struct.pack("<I", zlib.crc32(body))) + DELIMITER


def decode_frame(encoded: bytes) -> Frame:
    """Decode what stood between two delimiters.

    Raises:
        FrameError: it is not a whole frame.
    """
    remedy = "send the request again; if it persists, check the cable and the baud rate"
    try:
        data = cobs.decode(encoded)
    except cobs.DecodeError as error:
        raise FrameError(f"a received frame is no COBS: {error}", remedy) from error
    if len(data) < HEADER.size + 4:
        raise FrameError(f"a received frame has only {len(data)} bytes", remedy)
    body, crc = data[:-4], struct.unpack("<I", data[-4:])[0]
    if zlib.crc32(body) != crc:
        raise FrameError(f"a received frame of {len(data)} bytes has a wrong CRC-32", remedy)
    version, type_id, sequence = HEADER.unpack_from(body)
    return Frame(type_id, sequence, body[HEADER.size :], version)
