"""Recordings of noise, to be mixed behind speech."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from skipstone.quantize.corpora.manifest import read_manifest
from skipstone.quantize.corpora.waveform import Samples, WaveformError, to_float
from skipstone.quantize.features.audio import read_audio

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")


@dataclass(frozen=True)
class Noise:
    """One recording: its file name and float64 [n] at 16 kHz."""

    name: str
    samples: Samples


def read_noises(path: Path) -> list[Noise]:
    """Noises of a manifest (``.jsonl``), of all audio files below a folder, or of one file.

    Raises:
        ManifestError, FeatureError: the manifest or a recording cannot be read.
        WaveformError: there is no recording, or one is silent.
    """
    if path.suffix == ".jsonl":
        files = [utterance.audio for utterance in read_manifest(path)]
    elif path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    else:
        files = [path]
    noises = [Noise(file.name, to_float(read_audio(file))) for file in files]
    if not noises:
        raise WaveformError(
            f"{path} holds no recordings of noise", f"give a folder with {', '.join(SUFFIXES)}"
        )
    for noise in noises:
        if not np.any(noise.samples):
            raise WaveformError(f"the noise {noise.name} in {path} is silent", "remove it")
    return noises
