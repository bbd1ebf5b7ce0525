"""Features of whole corpora, computed once and kept on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.artefacts import write_folder
from skipstone.quantize.corpora.manifest import ManifestError, Utterance
from skipstone.quantize.features.audio import read_audio
from skipstone.quantize.features.log_mel import log_mel, pad_pcm
from skipstone.quantize.features.settings import FeatureSettings


@dataclass(frozen=True)
class CorpusFeatures:
    """Features of all utterances of a corpus, end to end.

    Attributes:
        frames: int8 [all frames, bins]; a memory map.
        starts: int64 [utterances + 1]; utterance ``i`` is ``frames[starts[i]:starts[i + 1]]``.
        texts: what is said, by utterance.
    """

    frames: NDArray[np.int8]
    starts: NDArray[np.int64]
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def utterance(self, index: int) -> NDArray[np.int8]:
        """Frames of one utterance, int8 [frames, bins]."""
        return self.frames[self.starts[index] : self.starts[index + 1]]

    def lengths(self) -> NDArray[np.int64]:
        """Frames of each utterance."""
        return np.diff(self.starts)


def corpus_features(
    utterances: Sequence[Utterance],
    settings: FeatureSettings,
    tail_steps: int,
    folder: Path,
    advance: Callable[[], None] = lambda: None,
) -> CorpusFeatures:
    """Load the features of ``utterances``, computing them if ``folder`` has none for this corpus and
    settings.

    Args:
        tail_steps: steps of digital silence after each utterance, so that late emissions fit.
        advance: called once an utterance while features are computed.

    Raises:
        FeatureError: a recording cannot be read.
        ManifestError: the text of an utterance is not known (see
            :func:`~skipstone.quantize.corpora.manifest.transcribed`).
    """
    texts = _texts(utterances)
    entry = folder / corpus_key(utterances, settings, tail_steps)
    if not (entry / "starts.npy").exists():
        _compute(utterances, settings, tail_steps, entry, advance)
    return CorpusFeatures(
        frames=np.load(entry / "frames.npy", mmap_mode="r"),
        starts=np.load(entry / "starts.npy"),
        texts=texts,
    )


def _texts(utterances: Sequence[Utterance]) -> tuple[str, ...]:
    texts = []
    for utterance in utterances:
        if utterance.text is None:
            raise ManifestError(
                f"the text of {utterance.audio} is not known",
                "add the key text to its line of the manifest, or leave the line out",
            )
        texts.append(utterance.text)
    return tuple(texts)


def corpus_key(utterances: Sequence[Utterance], settings: FeatureSettings, tail_steps: int) -> str:
    """Name of the cache entry: a digest of the front end (its answer to a chirp), and of the
    recordings' paths, sizes and times."""
    digest = hashlib.sha256(json.dumps([settings.as_dict(), tail_steps], sort_keys=True).encode())
    digest.update(log_mel(_chirp(), settings).tobytes())
    for utterance in utterances:
        status = utterance.audio.stat() if utterance.audio.exists() else None
        stamp = (status.st_size, status.st_mtime_ns) if status else None
        digest.update(f"{utterance.audio}\0{stamp}\n".encode())
    return digest.hexdigest()[:24]


def _chirp() -> NDArray[np.int16]:
    """One second of a sweep from 0 to 8 kHz whose level rises from 0 to full scale, int16 [16000]."""
    time = np.arange(16000) / 16000
    return np.rint(32767 * time**3 * np.sin(2 * np.pi * 4000 * time**2)).astype(np.int16)


def _compute(
    utterances: Sequence[Utterance],
    settings: FeatureSettings,
    tail_steps: int,
    entry: Path,
    advance: Callable[[], None],
) -> None:
    parts = []
    for utterance in utterances:
        parts.append(log_mel(pad_pcm(read_audio(utterance.audio), tail_steps), settings))
        advance()
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
    with write_folder(entry) as temporary:
        np.save(temporary / "frames.npy", np.concatenate(parts))
        np.save(temporary / "starts.npy", starts)
