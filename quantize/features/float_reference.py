"""The same features in float64, and the measured distance of the integer front end from them.

``python -m skipstone.quantize.features.float_reference [AUDIO ...]`` prints the figures of
``docs/explanation/features.md``; without files it uses synthetic signals.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from skipstone.quantize.features.log_mel import log_mel
from skipstone.quantize.features.settings import FeatureSettings
from skipstone.quantize.features.synthetic import noise, speech_like
from skipstone.quantize.features.tables import DEFAULT_SETTINGS, hann, mel_positions

Float64 = npt.NDArray[np.float64]


def float_log_mel(pcm: npt.NDArray[np.int16], settings: FeatureSettings = DEFAULT_SETTINGS) -> Float64:
    """Return unrounded, unsaturated features in units of the int8 output.

    Args:
        pcm: int16 ``[n]``, 16 kHz mono.
        settings: settings of the front end.

    Returns:
        float64 ``[n // 160, 40]``; minus infinity for a filter without energy.
    """
    history = np.zeros(settings.window_length - settings.hop_length)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([history, pcm.astype(np.float64)]), settings.window_length
    )[:: settings.hop_length]
    power = np.abs(np.fft.rfft(windows * hann(settings.window_length), settings.fft_length)) ** 2
    filters = np.arange(settings.mel_bins)[:, None] + 1.0
    weights = np.clip(1.0 - np.abs(mel_positions(settings)[None, :] - filters), 0.0, None)
    with np.errstate(divide="ignore"):
        log2 = np.log2(power @ weights.T)
    return (log2 - settings.reference_log2) / settings.scale + settings.zero_point


@dataclass(frozen=True)
class FloatError:
    """Distance of the integer features from float ones, in units of the int8 output (0.376 dB).

    Attributes:
        values: features compared: those that neither saturate nor lie below the floor.
        saturated_low: fraction of all features at -128.
        saturated_high: fraction of all features at 127.
        exact: fraction of the compared that equals the rounded float value.
        largest: largest distance from the unrounded float value; 0.5 is what rounding alone costs.
        percentile_99: 99 % of the distances are at most this.
    """

    values: int
    saturated_low: float
    saturated_high: float
    exact: float
    largest: float
    percentile_99: float


def float_error(pcm: npt.NDArray[np.int16], settings: FeatureSettings = DEFAULT_SETTINGS) -> FloatError:
    """Compare integer and float features of ``pcm``, int16 ``[n]``."""
    integer = log_mel(pcm, settings)
    exact = float_log_mel(pcm, settings)
    inside = (exact > -127.5) & (exact < 126.5)
    distance = np.abs(integer[inside] - exact[inside])
    same = integer[inside] == np.rint(exact[inside])
    return FloatError(
        values=int(inside.sum()),
        saturated_low=float((integer == -128).mean()),
        saturated_high=float((integer == 127).mean()),
        exact=float(same.mean()) if same.size else 1.0,
        largest=float(distance.max(initial=0.0)),
        percentile_99=float(np.percentile(distance, 99)) if distance.size else 0.0,
    )


def _row(name: str, error: FloatError) -> str:
    return (
        f"{name:28} {error.values:9} {error.exact:9.3%} {error.percentile_99:8.3f} {error.largest:8.3f} "
        f"{error.saturated_low:9.2%} {error.saturated_high:9.3%}"
    )


def main(paths: list[str]) -> None:
    """Print one line a signal, or one line for all files together."""
    print(f"{'signal':28} {'values':>9} {'exact':>9} {'99 %':>8} {'largest':>8} {'at -128':>9} {'at 127':>9}")
    if paths:
        from skipstone.quantize.features.audio import read_audio

        print(_row(f"{len(paths)} files", float_error(np.concatenate([read_audio(path) for path in paths]))))
        return
    second = DEFAULT_SETTINGS.sample_rate
    for decibels in (0, -6, -20, -40, -60):
        pcm = np.concatenate(
            [speech_like(10 * second, seed, 0.999 * 10.0 ** (decibels / 20)) for seed in range(6)]
        )
        print(_row(f"speech-like, peak {decibels} dBFS", float_error(pcm)))
    for amplitude in (32767, 1000, 30, 3):
        print(_row(f"white noise within {amplitude}", float_error(noise(60 * second, 1, amplitude))))


if __name__ == "__main__":
    main(sys.argv[1:])
