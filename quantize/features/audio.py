"""Reading of audio files as 16 kHz mono int16, the only PCM that the front end knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from skipstone.quantize.features.settings import FeatureError

SAMPLE_RATE = 16000


def read_audio(path: str | Path) -> npt.NDArray[np.int16]:
    """Return the samples of an audio file, whatever its rate and number of channels.

    Channels are averaged; other rates are resampled with soxr (quality HQ). A 16 kHz mono 16-bit PCM file
    comes back unchanged, bit for bit.

    Args:
        path: a file that libsndfile reads: WAV, FLAC, Ogg Vorbis or Opus, MP3.

    Returns:
        int16 ``[n]`` at 16 kHz, n ≥ 1, saturated at full scale.

    Raises:
        FeatureError: the file is missing, empty, or no audio file.
    """
    path = Path(path)
    if not path.is_file():
        raise FeatureError(
            f"audio: {path} is not a file", "check the path, or the 'audio' entries of the manifest"
        )
    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
        raise FeatureError(
            f"audio: {path} cannot be read: {error}",
            "convert it to WAV or FLAC, or remove it from the manifest",
        ) from error
    if samples.shape[0] == 0:
        raise FeatureError(f"audio: {path} has no samples", "remove it from the manifest")
    mono = samples.mean(axis=1)
    if not np.isfinite(mono).all():
        raise FeatureError(
            f"audio: {path} holds samples that are not numbers", "export it again as 16-bit PCM"
        )
    if rate != SAMPLE_RATE:
        mono = soxr.resample(mono, rate, SAMPLE_RATE, quality="HQ")
    if len(mono) == 0:
        raise FeatureError(
            f"audio: {path} is shorter than one sample at 16 kHz", "remove it from the manifest"
        )
    return np.clip(np.rint(mono * 32768.0), -32768, 32767).astype(np.int16)
