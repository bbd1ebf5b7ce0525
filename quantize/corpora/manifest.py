"""JSONL manifests: one utterance a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from skipstone.quantize.artefacts import write_file
from skipstone.quantize.errors import SkipstoneError


class ManifestError(SkipstoneError):
    """A manifest is missing, or a line of it is not an utterance."""


class Word(BaseModel):
    """One spoken word and when it was said, in seconds."""

    model_config = ConfigDict(frozen=True)

    text: str
    start: float = Field(ge=0)
    end: float = Field(ge=0)


class Utterance(BaseModel):
    """One line of a manifest.

    Attributes:
        audio: the recording; relative paths are relative to the manifest's folder.
        text: what is said, lower case, words parted by single blanks.
        duration: seconds.
        speaker, gender, locale, domain: cohorts for reports, if known.
        words: word times, if known.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    audio: Path
    text: str
    duration: float = Field(gt=0)
    speaker: str | None = None
    gender: str | None = None
    locale: str | None = None
    domain: str | None = None
    words: tuple[Word, ...] | None = None


def read_manifest(path: Path) -> list[Utterance]:
    """Read ``path``; audio paths of the result are resolved against its folder.

    Raises:
        ManifestError: the file cannot be read, is empty, or a line is malformed (named by number).
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(
            f"cannot read manifest {path}: {error}", "check the path and its encoding (UTF-8)"
        ) from error
    utterances = [_parse(line, path, number) for number, line in enumerate(lines, 1) if line.strip()]
    if not utterances:
        raise ManifestError(
            f"manifest {path} has no utterances", "add one JSON object a line: audio, text, duration"
        )
    return utterances


def _parse(line: str, path: Path, number: int) -> Utterance:
    try:
        utterance = Utterance.model_validate(json.loads(line))
    except (ValueError, RecursionError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else str(error)
        raise ManifestError(
            f"{path}:{number} is not an utterance ({reason})",
            "each line is a JSON object: audio, text, duration",
        ) from error
    return utterance.model_copy(update={"audio": path.parent / utterance.audio})


def write_manifest(path: Path, utterances: Iterable[Utterance]) -> None:
    """Write ``path`` atomically; audio below the manifest's folder is stored relative to it."""
    rows = []
    for utterance in utterances:
        audio = utterance.audio
        if audio.is_relative_to(path.parent):
            audio = audio.relative_to(path.parent)
        row = utterance.model_copy(update={"audio": audio})
        rows.append(json.dumps(row.model_dump(mode="json", exclude_none=True), ensure_ascii=False))
    write_file(path, "".join(f"{row}\n" for row in rows))
