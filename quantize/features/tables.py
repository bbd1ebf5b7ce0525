"""The constant tables of the integer front end.

Every table is computed in float64 and rounded once; the NumPy code and the C twin read the same integers
(``c_tables.py`` lays them out for C), so no float arithmetic takes part in a feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from skipstone.quantize.features.settings import FeatureError, FeatureSettings

WINDOW_PEAK = 65535.0
TWIDDLE_BITS = 30
WEIGHT_BITS = 15
LOG2_BITS = 15
LOG2_SEGMENT_BITS = 5

DEFAULT_SETTINGS = FeatureSettings()


@dataclass(frozen=True)
class FrontEndTables:
    """Tables of one set of ``FeatureSettings``; ``N = fft_length / 2 = 256`` complex points.

    Attributes:
        window: uint16 ``[400]``, periodic Hann, Q16 (the peak is 65535).
        digit_reversal: uint8 ``[N]``, base-4 digit reversal of the index.
        fft_twiddle: int32 ``[3 N / 4, 2]``, ``exp(-2 pi j k / N)`` as (real, imaginary), Q30.
        split_twiddle: int32 ``[N / 2, 2]``, ``exp(-2 pi j k / 2N)``, Q30.
        mel_first_bin: int16 ``[mel_bins + 2]``, first FFT bin of each segment between two neighbouring
            filter edges; the last entry is one past the last bin used.
        mel_weight: uint16 ``[last bin - first bin]``, weight of a bin in the filter that rises over its
            segment, Q15; the filter that falls there gets the complement to 32768.
        log2: uint16 ``[33]``, ``log2(1 + i / 32)``, Q15.
    """

    window: npt.NDArray[np.uint16]
    digit_reversal: npt.NDArray[np.uint8]
    fft_twiddle: npt.NDArray[np.int32]
    split_twiddle: npt.NDArray[np.int32]
    mel_first_bin: npt.NDArray[np.int16]
    mel_weight: npt.NDArray[np.uint16]
    log2: npt.NDArray[np.uint16]


def hz_to_mel(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the HTK mel scale, ``2595 log10(1 + hz / 700)`` (HTK book, section 5.4)."""
    return 2595.0 * np.log10(1.0 + np.asarray(hz, dtype=np.float64) / 700.0)


def hann(length: int) -> npt.NDArray[np.float64]:
    """Return the periodic Hann window, float64 ``[length]``."""
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)


def mel_positions(settings: FeatureSettings) -> npt.NDArray[np.float64]:
    """Return the place of every FFT bin between the filter edges, float64 ``[fft_length / 2 + 1]``.

    ``s + r`` with ``0 <= r < 1`` means: in segment ``s``, weight ``r`` in filter ``s`` and ``1 - r`` in
    filter ``s - 1``. Triangles are linear in mel, as in HTK.
    """
    bins = np.arange(settings.fft_length // 2 + 1) * settings.sample_rate / settings.fft_length
    low, high = hz_to_mel([settings.low_hz, settings.high_hz])
    return (hz_to_mel(bins) - low) * (settings.mel_bins + 1) / (high - low)


def _twiddles(count: int, points: int) -> npt.NDArray[np.int32]:
    angle = -2.0 * np.pi * np.arange(count) / points
    return np.rint(np.stack([np.cos(angle), np.sin(angle)], axis=1) * 2.0**TWIDDLE_BITS).astype(np.int32)


def _digit_reversal(points: int) -> npt.NDArray[np.uint8]:
    index = np.arange(points)
    reverse = np.zeros(points, dtype=np.int64)
    while points > 1:
        reverse, index, points = reverse * 4 + index % 4, index // 4, points // 4
    return reverse.astype(np.uint8)


def _mel_tables(settings: FeatureSettings) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16]]:
    position = mel_positions(settings)
    segments = settings.mel_bins + 1
    nyquist_bin = settings.fft_length // 2
    first_bin = np.minimum(np.searchsorted(position, np.arange(segments + 1)), nyquist_bin)
    if np.any(np.diff(first_bin) < 1):
        raise FeatureError(
            f"features: a mel filter between {settings.low_hz} and {settings.high_hz} Hz holds no FFT bin",
            "widen the range: neighbouring filter edges must be at least 31.25 Hz apart",
        )
    used = position[first_bin[0] : first_bin[-1]]
    weight = np.rint((used - np.floor(used)) * 2.0**WEIGHT_BITS)
    return first_bin.astype(np.int16), weight.astype(np.uint16)


@lru_cache(maxsize=8)
def front_end_tables(settings: FeatureSettings) -> FrontEndTables:
    """Return the tables of ``settings``.

    Raises:
        FeatureError: the mel range is so narrow that a filter would be empty.
    """
    points = settings.fft_length // 2
    first_bin, weight = _mel_tables(settings)
    log2 = np.log2(1.0 + np.arange((1 << LOG2_SEGMENT_BITS) + 1) / (1 << LOG2_SEGMENT_BITS))
    return FrontEndTables(
        window=np.rint(hann(settings.window_length) * WINDOW_PEAK).astype(np.uint16),
        digit_reversal=_digit_reversal(points),
        fft_twiddle=_twiddles(3 * points // 4, points),
        split_twiddle=_twiddles(points // 2, 2 * points),
        mel_first_bin=first_bin,
        mel_weight=weight,
        log2=np.rint(log2 * 2.0**LOG2_BITS).astype(np.uint16),
    )
