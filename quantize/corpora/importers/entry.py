"""A recording that an importer found, and its way into a manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile
from pydantic import ValidationError
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.errors import SkipstoneError


class ImportCorpusError(SkipstoneError):
    """A corpus is not laid out as its importer expects; file and line are named."""


@dataclass(frozen=True)
class Entry:
    """One recording of a corpus.

    Attributes:
        audio: the file.
        labels: keys of the manifest besides ``audio`` and ``duration``.
        origin: where the labels come from, ``file`` or ``file:line``, for errors.
    """

    audio: Path
    labels: dict[str, Any]
    origin: str


def to_utterances(entries: Iterable[Entry], advance: Callable[[], None] = lambda: None) -> list[Utterance]:
    """Measure every recording (from its header) and return the lines of the manifest.

    Args:
        advance: called once an entry.

    Raises:
        ImportCorpusError: a recording is missing, no audio file or empty, or its labels do not fit.
    """
    utterances = []
    for entry in entries:
        utterances.append(_utterance(entry))
        advance()
    return utterances


def _utterance(entry: Entry) -> Utterance:
    try:
        return Utterance(audio=entry.audio, duration=_seconds(entry), **entry.labels)
    except ValidationError as error:
        first = error.errors()[0]
        raise ImportCorpusError(
            f"{entry.origin}: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            "correct the value; docs/how-to/make-a-corpus.md lists what a manifest may hold",
        ) from error


def _seconds(entry: Entry) -> float:
    if not entry.audio.is_file():
        raise ImportCorpusError(
            f"{entry.origin} names {entry.audio}, which is no file", "check that the corpus is complete"
        )
    try:
        header = soundfile.info(entry.audio)
    except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
        raise ImportCorpusError(
            f"{entry.origin} names {entry.audio}, which cannot be read: {error}",
            "convert it to WAV or FLAC, or leave it out",
        ) from error
    if header.frames < 1:
        raise ImportCorpusError(f"{entry.origin} names {entry.audio}, which has no samples", "leave it out")
    return round(header.frames / header.samplerate, 3) or 0.001


def read_lines(path: Path) -> list[str]:
    """Lines of a UTF-8 text file.

    Raises:
        ImportCorpusError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportCorpusError(f"cannot read {path}: {error}", "give a UTF-8 text file") from error
