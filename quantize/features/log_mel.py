"""Integer log-mel features: the NumPy twin of ``firmware/runtime/frontend/ss_log_mel.c``, byte for byte."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from skipstone.quantize.features.integer_fft import complex_fft, split_power
from skipstone.quantize.features.settings import FeatureError, FeatureSettings
from skipstone.quantize.features.tables import (
    DEFAULT_SETTINGS,
    LOG2_BITS,
    LOG2_SEGMENT_BITS,
    WEIGHT_BITS,
    FrontEndTables,
    front_end_tables,
)

Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]
UInt64 = npt.NDArray[np.uint64]

TAIL_STEPS = 8
"""Steps of silence behind a recording, about a third of a second, so that its last word comes out."""

_WINDOW_SHIFT = 9
"""Q16 product to 7 fraction bits."""
_POWER_SHIFT = 16
"""``|2 X|^2`` with twice 7 fraction bits to integer squared PCM units."""
_CHUNK_FRAMES = 128
"""Frames transformed together: the working set of a chunk stays in the second-level cache."""


def log_mel(pcm: Int16, settings: FeatureSettings = DEFAULT_SETTINGS) -> Int8:
    """Return the features of a whole utterance.

    Frame ``f`` covers the samples ``[160 f - 240, 160 f + 160)``, zeros before the start; a remainder of
    less than a hop is dropped. Float error and ranges: ``docs/explanation/features.md``.

    Args:
        pcm: int16 ``[n]``, 16 kHz mono.
        settings: settings of the front end.

    Returns:
        int8 ``[n // 160, 40]``; ``real = 0.125 * (q - zero_point)`` is log2 of mel energy.

    Raises:
        FeatureError: ``pcm`` is not a one-dimensional int16 array.
    """
    _check_pcm(pcm)
    history = np.zeros(settings.window_length - settings.hop_length, dtype=np.int16)
    return _features(np.concatenate([history, pcm]), settings)


class StreamingLogMel:
    """Features step by step, with the history that the device keeps between steps.

    Args:
        settings: settings of the front end.
    """

    def __init__(self, settings: FeatureSettings = DEFAULT_SETTINGS) -> None:
        self.settings = settings
        self._history = np.zeros(settings.window_length - settings.hop_length, dtype=np.int16)

    def reset(self) -> None:
        """Forget all samples: the next step is the first of an utterance."""
        self._history = np.zeros_like(self._history)

    def push(self, pcm: Int16) -> Int8:
        """Return the frames of one step.

        Args:
            pcm: int16 ``[160 * frames_per_step]``.

        Returns:
            int8 ``[frames_per_step, 40]``, oldest first.

        Raises:
            FeatureError: another dtype or number of samples.
        """
        _check_pcm(pcm)
        if pcm.size != self.settings.step_length:
            raise FeatureError(
                f"features: a step has {self.settings.step_length} samples, not {pcm.size}",
                "pad the audio with pad_pcm and cut it into whole steps",
            )
        samples = np.concatenate([self._history, pcm])
        self._history = samples[-self._history.size :].copy()
        return _features(samples, self.settings)


def stack_steps(frames: Int8, frames_per_step: int = 4) -> Int8:
    """Stack consecutive frames to model inputs, oldest first; a remainder is dropped.

    Args:
        frames: int8 ``[F, 40]``.
        frames_per_step: frames of one step.

    Returns:
        int8 ``[F // frames_per_step, frames_per_step * 40]``.
    """
    steps = frames.shape[0] // frames_per_step
    return frames[: steps * frames_per_step].reshape(steps, frames_per_step * frames.shape[1])


def pad_pcm(pcm: Int16, tail_steps: int = 0, settings: FeatureSettings = DEFAULT_SETTINGS) -> Int16:
    """Pad with zeros to a whole number of steps and ``tail_steps`` steps of silence after them.

    Args:
        pcm: int16 ``[n]``.
        tail_steps: steps of silence to add, at least 0.
        settings: settings of the front end.

    Returns:
        int16 ``[(ceil(n / 640) + tail_steps) * 640]``.
    """
    _check_pcm(pcm)
    if tail_steps < 0:
        raise FeatureError(f"features: tail_steps = {tail_steps} is negative", "use 0 or more")
    remainder = -pcm.size % settings.step_length
    return np.pad(pcm, (0, remainder + tail_steps * settings.step_length))


def _check_pcm(pcm: Int16) -> None:
    if pcm.ndim != 1 or pcm.dtype != np.int16:
        raise FeatureError(
            f"features: PCM must be int16 with one axis, not {pcm.dtype} of shape {pcm.shape}",
            "read the file with read_audio, which gives 16 kHz mono int16",
        )


def _features(samples: Int16, settings: FeatureSettings) -> Int8:
    """Return the features of every whole window in ``samples``, int8 ``[frames, 40]``."""
    if samples.size < settings.window_length:
        return np.zeros((0, settings.mel_bins), dtype=np.int8)
    tables = front_end_tables(settings)
    windows = np.lib.stride_tricks.sliding_window_view(samples, settings.window_length)
    windows = windows[:: settings.hop_length]
    features = np.empty((windows.shape[0], settings.mel_bins), dtype=np.int8)
    for start in range(0, windows.shape[0], _CHUNK_FRAMES):
        chunk = windows[start : start + _CHUNK_FRAMES]
        energy = mel_energy(chunk, tables)
        features[start : start + _CHUNK_FRAMES] = quantize_log2(energy, tables, settings).T
    return features


def mel_energy(windows: Int16, tables: FrontEndTables) -> UInt64:
    """Return mel energies with 15 fraction bits, uint64 ``[40, frames]``.

    Args:
        windows: int16 ``[frames, 400]``, the samples under the window of each frame.
        tables: the tables of the front end.
    """
    power = split_power(*_spectrum(windows, tables), tables) >> _POWER_SHIFT
    edges = tables.mel_first_bin.astype(np.int64)
    used = power[edges[0] : edges[-1]]
    starts = edges[:-1] - edges[0]
    total = np.add.reduceat(used, starts, axis=0)
    rising = np.add.reduceat(used * tables.mel_weight.astype(np.int64)[:, None], starts, axis=0)
    falling = (total << WEIGHT_BITS) - rising
    return (rising[:-1] + falling[1:]).astype(np.uint64)


def _spectrum(windows: Int16, tables: FrontEndTables) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the complex spectrum of the packed windowed samples, two int64 ``[256, frames]``."""
    points = tables.digit_reversal.size
    windowed = windows.T.astype(np.int32) * tables.window.astype(np.int32)[:, None]
    windowed += 1 << (_WINDOW_SHIFT - 1)
    windowed >>= _WINDOW_SHIFT
    pairs = windowed.shape[0] // 2
    re, im = np.zeros((2, points, windows.shape[0]), dtype=np.int64)
    place = tables.digit_reversal[:pairs]
    re[place], im[place] = windowed[0::2], windowed[1::2]
    complex_fft(re, im, tables)
    return re, im


def quantize_log2(energy: UInt64, tables: FrontEndTables, settings: FeatureSettings) -> Int8:
    """Return int8 ``round(8 log2(energy)) - 8 reference`` with saturation, same shape as ``energy``.

    log2 is the position of the leading one plus a table of 32 linear segments, Q15 (error below 2e-4).

    Args:
        energy: uint64 with 15 fraction bits; 0 counts as the smallest energy.
        tables: the tables of the front end.
        settings: gives the reference.
    """
    energy = np.maximum(energy, np.uint64(1))
    exponent = _bit_length(energy) - 1
    mantissa = (energy << (np.uint64(63) - exponent.astype(np.uint64))) >> np.uint64(32)
    fraction = mantissa.astype(np.int64) & 0x7FFFFFFF
    segment = fraction >> (31 - LOG2_SEGMENT_BITS)
    within = (fraction >> (31 - LOG2_SEGMENT_BITS - 16)) & 0xFFFF
    base = tables.log2.astype(np.int64)
    log2 = base[segment] + ((base[segment + 1] - base[segment]) * within >> 16)
    log2 += (exponent - WEIGHT_BITS - settings.reference_log2) << LOG2_BITS
    unit = LOG2_BITS - 3
    return np.clip((log2 + (1 << (unit - 1))) >> unit, -128, 127).astype(np.int8)


def _bit_length(values: UInt64) -> npt.NDArray[np.int64]:
    """Return the number of significant bits of positive uint64 values."""
    high = (values >> np.uint64(32)).astype(np.float64)
    low = (values & np.uint64(0xFFFFFFFF)).astype(np.float64)
    return np.where(high > 0, np.frexp(high)[1] + 32, np.frexp(low)[1]).astype(np.int64)
