"""Log-mel features as a palette PNG in a data URI."""

from __future__ import annotations

import base64
import struct
import zlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_MAP = "magma"


def data_uri(frames: NDArray[np.int8], low: float, high: float) -> str:
    """Spectrogram with time to the right and low frequencies at the bottom, one pixel a bin and frame.

    Args:
        frames: int8[F, bins], log energies.
        low: value drawn with the darkest colour.
        high: value drawn with the brightest colour.
    """
    span = max(high - low, 1.0)
    scaled = (frames.astype(np.float32) - low) * (255.0 / span)
    pixels = np.clip(np.rint(scaled), 0, 255).astype(np.uint8).T[::-1]
    return "data:image/png;base64," + base64.b64encode(encode_png(pixels)).decode()


def display_range(features: NDArray[np.int8]) -> tuple[float, float]:
    """Values for the ends of the colour scale: 5th and 99.7th percentile of all but digital silence."""
    heard = features[features > -128]
    if heard.size == 0:
        return -128.0, 127.0
    low, high = np.percentile(heard, (5.0, 99.7))
    return float(low), float(high)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """8-bit palette PNG (PNG specification, third edition, sections 5 and 11) of uint8[height, width]."""
    height, width = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels], axis=1)
    return (
        PNG_SIGNATURE
        + _chunk(b"IHDR", header)
        + _chunk(b"PLTE", _palette())
        + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@cache
def _palette() -> bytes:
    from matplotlib import colormaps

    colours = colormaps[COLOUR_MAP](np.arange(256))[:, :3]
    return np.rint(colours * 255).astype(np.uint8).tobytes()
