"""The settings of the front end: what a checkpoint stores and a ``.tflite`` carries as ``FEATURES``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from skipstone.quantize.errors import SkipstoneError

ARITHMETIC_VERSION = 1
"""Raised whenever the same PCM would give other int8 features; part of every stored settings table."""


class FeatureError(SkipstoneError):
    """Settings or audio that the front end cannot work with."""


_FIXED = {
    "version": ARITHMETIC_VERSION,
    "sample_rate": 16000,
    "window_length": 400,
    "hop_length": 160,
    "fft_length": 512,
    "mel_bins": 40,
    "scale": 0.125,
    "zero_point": 0,
}

_FREE: dict[str, type | tuple[type, ...]] = {
    "low_hz": (int, float),
    "high_hz": (int, float),
    "reference_log2": int,
    "frames_per_step": int,
}


@dataclass(frozen=True)
class FeatureSettings:
    """Settings of the log-mel front end.

    The lengths, the number of bins and the quantization are properties of the integer arithmetic and of
    its C twin; they are written into every artefact, and another value is refused. The mel range and the
    reference are free: they change tables and one constant only.

    Attributes:
        version: revision of the integer arithmetic.
        sample_rate: Hz.
        window_length: samples of the periodic Hann window (25 ms).
        hop_length: samples between frames (10 ms).
        fft_length: points of the FFT; the window is padded with zeros.
        mel_bins: triangular filters, equally spaced on the HTK mel scale.
        low_hz: lower edge of the first filter.
        high_hz: upper edge of the last filter, at most ``sample_rate / 2``.
        reference_log2: log2 of the mel energy (in squared PCM units after the windowed DFT) that gives
            the real value 0. ``real = log2(energy) - reference_log2``.
        frames_per_step: frames stacked to the input of one model step.
        scale: real value of one int8 unit, an eighth of an octave of power (0.376 dB).
        zero_point: int8 value of the real value 0.
    """

    version: int = ARITHMETIC_VERSION
    sample_rate: int = 16000
    window_length: int = 400
    hop_length: int = 160
    fft_length: int = 512
    mel_bins: int = 40
    low_hz: float = 60.0
    high_hz: float = 7600.0
    reference_log2: int = 25
    frames_per_step: int = 4
    scale: float = 0.125
    zero_point: int = 0

    def __post_init__(self) -> None:
        """Refuse settings that the integer arithmetic does not cover.

        Raises:
            FeatureError: a fixed setting has another value, or a free one is out of its range.
        """
        self._check_fixed()
        self._check_types()
        self._check_ranges()

    def _check_fixed(self) -> None:
        for name, value in _FIXED.items():
            if getattr(self, name) != value:
                raise FeatureError(
                    f"features: {name} = {getattr(self, name)!r} is not supported, only {value!r}",
                    f"set {name} to {value!r}, or use a model made for this version of the front end",
                )

    def _check_types(self) -> None:
        for name, types in _FREE.items():
            if not isinstance(getattr(self, name), types):
                kind = "an integer" if types is int else "a number"
                raise FeatureError(
                    f"features: {name} = {getattr(self, name)!r} is not {kind}",
                    "correct the [features] table of the model",
                )

    def _check_ranges(self) -> None:
        if not 0 <= self.low_hz < self.high_hz <= self.sample_rate / 2:
            raise FeatureError(
                f"features: mel range {self.low_hz} .. {self.high_hz} Hz is not within 0 .. 8000 Hz",
                "choose 0 <= low_hz < high_hz <= 8000",
            )
        if not 16 <= self.reference_log2 <= 44:
            raise FeatureError(
                f"features: reference_log2 = {self.reference_log2} is outside 16 .. 44",
                "use the default unless every recording is much quieter or louder than speech",
            )
        if not 1 <= self.frames_per_step <= 16:
            raise FeatureError(
                f"features: frames_per_step = {self.frames_per_step} is outside 1 .. 16",
                "use 4 (40 ms a step)",
            )

    @property
    def step_length(self) -> int:
        """Samples of one model step."""
        return self.hop_length * self.frames_per_step

    @property
    def silence(self) -> float:
        """Real value of the smallest feature, which every feature of digital silence has."""
        return (-128 - self.zero_point) * self.scale

    @property
    def step_features(self) -> int:
        """int8 values of one model step."""
        return self.mel_bins * self.frames_per_step

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as a flat table for TOML or JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> FeatureSettings:
        """Build settings from what ``as_dict`` gave.

        Raises:
            FeatureError: an unknown key, or a value that is not supported.
        """
        unknown = sorted(set(table) - {field.name for field in fields(cls)})
        if unknown:
            raise FeatureError(
                f"features: unknown settings {', '.join(unknown)}",
                "remove them, or read the file with the version of skipstone that wrote it",
            )
        return cls(**table)
