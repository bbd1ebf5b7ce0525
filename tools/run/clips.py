"""Stage 1: clips → padded PCM and features, as the device will see them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.corpora.manifest import read_manifest
from skipstone.quantize.features.audio import read_audio
from skipstone.quantize.features.log_mel import TAIL_STEPS, log_mel, pad_pcm, stack_steps
from skipstone.quantize.features.settings import FeatureSettings


@dataclass(frozen=True)
class Clip:
    """One utterance, T steps.

    Attributes:
        identifier: name in the report, unique in the run.
        path: the audio file.
        sha256: digest of the audio file.
        seconds: length of the audio without the silence added behind it.
        pcm: int16 [T · samples of a step], 16 kHz, with ``TAIL_STEPS`` steps of silence behind the speech.
        features: int8 [T, frames_per_step · bins].
        reference: what was said, if known.
    """

    identifier: str
    path: Path
    sha256: str
    seconds: float
    pcm: NDArray[np.int16]
    features: NDArray[np.int8]
    reference: str | None

    @property
    def steps(self) -> int:
        """T."""
        return len(self.features)


def read_clips(paths: Iterable[Path], settings: FeatureSettings, limit: int | None = None) -> list[Clip]:
    """Read audio files and every utterance of manifests (``.jsonl``).

    Raises:
        SkipstoneError: a file cannot be read.
    """
    listed: list[tuple[Path, str | None]] = []
    for path in paths:
        if path.suffix == ".jsonl":
            listed += [(utterance.audio, utterance.text) for utterance in read_manifest(path)]
        else:
            listed.append((path, None))
    clips: list[Clip] = []
    for path, reference in listed[:limit]:
        clips.append(_read_clip(path, reference, settings, {clip.identifier for clip in clips}))
    return clips


def _read_clip(path: Path, reference: str | None, settings: FeatureSettings, taken: set[str]) -> Clip:
    spoken = read_audio(path)
    pcm = pad_pcm(spoken, TAIL_STEPS, settings)
    return Clip(
        identifier=_unique(path.stem, taken),
        path=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        seconds=len(spoken) / settings.sample_rate,
        pcm=pcm,
        features=stack_steps(log_mel(pcm, settings), settings.frames_per_step),
        reference=reference,
    )


def _unique(stem: str, taken: set[str]) -> str:
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    return name
