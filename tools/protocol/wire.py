"""What the generated messages share: encoding and decoding of a payload from a table of its fields."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from skipstone.quantize.errors import SkipstoneError

_SCALARS = {"u8": "<B", "u16": "<H", "u32": "<I", "u64": "<Q", "i8": "<b", "i16": "<h", "i32": "<i"}
_DTYPES: dict[str, np.dtype[Any]] = {
    "u8": np.dtype("u1"),
    "u16": np.dtype("<u2"),
    "u32": np.dtype("<u4"),
    "u64": np.dtype("<u8"),
    "i8": np.dtype("i1"),
    "i16": np.dtype("<i2"),
    "i32": np.dtype("<i4"),
}


class ProtocolError(SkipstoneError):
    """A payload does not have the layout of its message, or a value does not fit its field."""


@dataclass(frozen=True)
class WireField:
    """Layout of one field, as in ``messages.toml``: ``when`` is (field, bit mask)."""

    name: str
    type: str
    count: int | tuple[str, ...] | None = None
    factor: int = 1
    when: tuple[str, int] | None = None

    @property
    def text_bytes(self) -> int:
        """Bytes of a string element, 0 for a number."""
        return int(self.type[3:]) if self.type.startswith("str") else 0


class Payload:
    """Base of every generated message.

    Arrays are NumPy arrays in the machine's order, with shape ``(a, b)`` where the registry says ``a*b``;
    strings are ``str``, arrays of strings tuples of ``str``. A field whose flag is not set is ``None``.
    """

    NAME: ClassVar[str]
    TYPE: ClassVar[int]
    FIELDS: ClassVar[tuple[WireField, ...]]

    def encode(self) -> bytes:
        """The payload's bytes. Raises ProtocolError when a value or an array does not fit."""
        seen: dict[str, int] = {}
        parts = []
        for field in self.FIELDS:
            value = getattr(self, field.name)
            if not _present(field, seen):
                continue
            try:
                parts.append(_encode_field(field, value, _shape(field, seen)))
            except (struct.error, ValueError, TypeError, OverflowError) as error:
                raise ProtocolError(
                    f"{self.NAME}.{field.name} cannot be encoded: {error}", "pass a value that fits the field"
                ) from error
            if field.count is None and not field.text_bytes:
                seen[field.name] = int(value)
        return b"".join(parts)

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a payload. Raises ProtocolError when its length is not what its fields say."""
        seen: dict[str, int] = {}
        values: dict[str, Any] = {}
        offset = 0
        for field in cls.FIELDS:
            if not _present(field, seen):
                values[field.name] = None
                continue
            shape = _shape(field, seen)
            width = field.text_bytes or _DTYPES[field.type].itemsize
            size = width * (1 if shape is None else int(np.prod(shape, dtype=np.int64)))
            if offset + size > len(payload):
                raise cls._length_error(payload)
            values[field.name] = _decode_field(field, payload[offset : offset + size], shape)
            if shape is None and not field.text_bytes:
                seen[field.name] = values[field.name]
            offset += size
        if offset != len(payload):
            raise cls._length_error(payload)
        return cls(**values)

    @classmethod
    def _length_error(cls, payload: bytes) -> ProtocolError:
        return ProtocolError(
            f"a {cls.NAME} payload of {len(payload)} bytes does not match its fields",
            "flash firmware of the same Skipstone version as the host",
        )

    def __eq__(self, other: object) -> bool:
        """Two messages are equal when they are the same on the wire."""
        return type(other) is type(self) and isinstance(other, Payload) and other.encode() == self.encode()

    def __hash__(self) -> int:
        """Hash of the encoded payload."""
        return hash(self.encode())


def _present(field: WireField, seen: dict[str, int]) -> bool:
    return field.when is None or bool(seen[field.when[0]] & field.when[1])


def _shape(field: WireField, seen: dict[str, int]) -> tuple[int, ...] | None:
    if field.count is None:
        return None
    if isinstance(field.count, int):
        return (field.count,)
    shape = tuple(seen[name] for name in field.count)
    return (*shape, field.factor) if field.factor > 1 else shape


def _encode_field(field: WireField, value: Any, shape: tuple[int, ...] | None) -> bytes:
    if field.text_bytes:
        texts = [value] if shape is None else list(value)
        if shape is not None and len(texts) != shape[0]:
            raise ValueError(f"{len(texts)} strings, expected {shape[0]}")
        return b"".join(_encode_text(text, field.text_bytes) for text in texts)
    if shape is None:
        return struct.pack(_SCALARS[field.type], value)
    array = np.asarray(value)
    if array.shape != shape:
        raise ValueError(f"shape {array.shape}, expected {shape}")
    dtype = _DTYPES[field.type]
    if array.size and not np.array_equal(array.astype(dtype), array):
        raise ValueError(f"a value does not fit {field.type}")
    return array.astype(dtype).tobytes()


def _decode_field(field: WireField, data: bytes, shape: tuple[int, ...] | None) -> Any:
    width = field.text_bytes
    if width:
        texts = tuple(_decode_text(data[i : i + width]) for i in range(0, len(data), width))
        return texts[0] if shape is None else texts
    if shape is None:
        return struct.unpack(_SCALARS[field.type], data)[0]
    dtype = _DTYPES[field.type]
    return np.frombuffer(data, dtype).astype(dtype.newbyteorder("=")).reshape(shape)


def _encode_text(text: str, width: int) -> bytes:
    data = text.encode()
    if len(data) > width or b"\0" in data:
        raise ValueError(f"'{text}' does not fit {width} bytes")
    return data.ljust(width, b"\0")


def _decode_text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode(errors="replace")
