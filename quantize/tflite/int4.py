"""Constants of type int4: two elements a byte, the first in the low half, as in TFLite.

In memory they are int8 arrays with values −8 … 7. Source: ``tensor_utils::UnpackDenseInt4IntoInt8`` (TFLM).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

LOW, HIGH = -8, 7


def packed_bytes(elements: int) -> int:
    """Bytes of ``elements`` values; an odd last one fills half a byte."""
    return (elements + 1) // 2


def unpack(raw: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.int8]:
    """Return int8 ``shape`` with values −8 … 7.

    Args:
        raw: uint8, :func:`packed_bytes` of the shape's elements.
    """
    count = int(np.prod(shape, dtype=np.int64))
    halves = np.stack([raw & 15, raw >> 4], axis=1).ravel()[:count].astype(np.int8)
    return ((halves ^ 8) - 8).reshape(shape)


def pack(values: ArrayLike) -> bytes:
    """The inverse of :func:`unpack`; an odd count leaves the last half byte 0.

    Raises:
        ValueError: a value is outside −8 … 7.
    """
    flat = np.asarray(values).ravel()
    if flat.size and (flat.min() < LOW or flat.max() > HIGH):
        raise ValueError(f"int4 constant with values outside {LOW} … {HIGH}")
    halves = np.pad(flat.astype(np.uint8) & 15, (0, flat.size % 2))
    return (halves[0::2] | halves[1::2] << 4).tobytes()
