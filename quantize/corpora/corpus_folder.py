"""Writing of a corpus folder: ``audio/`` with FLAC files, and ``manifest.jsonl``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from skipstone.quantize.artefacts import write_folder
from skipstone.quantize.corpora.manifest import Utterance, write_manifest
from skipstone.quantize.errors import SkipstoneError

SAMPLE_RATE = 16000
_AUDIO, _MANIFEST = "audio", "manifest.jsonl"


class CorpusFolderError(SkipstoneError):
    """A corpus cannot be written to a folder without harm to what is there."""


class CorpusWriter:
    """Collects the recordings of a corpus that is being written; see :func:`write_corpus`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._utterances: list[Utterance] = []

    def add(self, name: str, pcm: NDArray[np.int16], labels: dict[str, Any]) -> None:
        """Write one recording.

        Args:
            name: of the file, without its ending.
            pcm: int16 [n] at 16 kHz, n ≥ 1.
            labels: keys of the manifest besides ``audio`` and ``duration``.
        """
        audio = self._folder / _AUDIO / f"{name}.flac"
        soundfile.write(audio, pcm, SAMPLE_RATE, subtype="PCM_16")
        duration = round(len(pcm) / SAMPLE_RATE, 3) or 0.001
        self._utterances.append(Utterance.model_validate({**labels, "audio": audio, "duration": duration}))

    def finish(self) -> None:
        """Write the manifest."""
        write_manifest(self._folder / _MANIFEST, self._utterances)


@contextmanager
def write_corpus(folder: Path, sources: Iterable[Utterance] = ()) -> Iterator[CorpusWriter]:
    """Yield a writer; ``folder`` appears, or replaces an older corpus, when the block ends well.

    Args:
        sources: utterances that are read meanwhile and must not be replaced.

    Raises:
        CorpusFolderError: ``folder`` holds something else than a corpus, or one of ``sources``.
    """
    _check(folder, sources)
    with write_folder(folder) as temporary:
        (temporary / _AUDIO).mkdir()
        writer = CorpusWriter(temporary)
        yield writer
        writer.finish()


def manifest_of(folder: Path) -> Path:
    """Path of the manifest of a corpus folder."""
    return folder / _MANIFEST


def _check(folder: Path, sources: Iterable[Utterance]) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise CorpusFolderError(f"{folder} is a file", "name a folder")
    foreign = sorted(entry.name for entry in folder.iterdir() if entry.name not in (_AUDIO, _MANIFEST))
    if foreign:
        raise CorpusFolderError(
            f"{folder} holds more than a corpus ({foreign[0]}), and would be replaced",
            "name a new folder, or one that skipstone corpus has written",
        )
    place = folder.resolve()
    for utterance in sources:
        if utterance.audio.resolve().is_relative_to(place):
            raise CorpusFolderError(
                f"{folder} holds the recordings that are read ({utterance.audio})", "name another folder"
            )
