"""JSONL manifests: one utterance a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

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

    Keys that are not listed here are kept: they are read into :attr:`extra` and written back.

    Attributes:
        audio: the recording; relative paths are relative to the manifest's folder.
        text: what is said, lower case, words parted by single blanks; ``""`` where nobody speaks, None
            where it is not known word by word.
        duration: seconds.
        intent, slots: what is meant, if known (slot name → value); a slot that is not spoken is left out.
        speaker, gender, locale, domain: cohorts for reports, if known.
        words: word times, if known.
    """

    model_config = ConfigDict(frozen=True, extra="allow", ser_json_inf_nan="constants")

    audio: Path
    text: str | None = None
    duration: float = Field(gt=0, allow_inf_nan=False)
    speaker: str | None = None
    gender: str | None = None
    locale: str | None = None
    domain: str | None = None
    intent: str | None = None
    slots: dict[str, str] | None = None
    words: tuple[Word, ...] | None = None

    @property
    def extra(self) -> dict[str, Any]:
        """Keys of the line that Skipstone gives no meaning to, with their JSON values."""
        return dict(self.model_extra or {})

    @property
    def reference(self) -> str | None:
        """What a recogniser should write: :attr:`text`; ``""`` for a line with neither text nor intent
        (noise, silence), where every word is an insertion; None for speech that is labelled by its meaning
        only, where word errors cannot be counted."""
        if self.text is None and self.intent is None and not self.slots:
            return ""
        return self.text


def read_manifest(path: Path) -> list[Utterance]:
    """Read ``path``; audio paths of the result are resolved against its folder.

    Raises:
        ManifestError: the file cannot be read, is empty, or a line is malformed (named by number).
    """
    try:
        # not splitlines(): JSON strings may hold other line separators, U+2028 for instance
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(
            f"cannot read manifest {path}: {error}", "check the path and its encoding (UTF-8)"
        ) from error
    utterances = [_parse(line, path, number) for number, line in enumerate(lines, 1) if line.strip()]
    if not utterances:
        raise ManifestError(
            f"manifest {path} has no utterances", "add one JSON object a line: audio, duration, text"
        )
    return utterances


def _parse(line: str, path: Path, number: int) -> Utterance:
    try:
        utterance = Utterance.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        reason = ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
        raise ManifestError(
            f"{path}:{number} is not an utterance ({reason})",
            "each line is a JSON object: audio, duration, text",
        ) from error
    return utterance.model_copy(update={"audio": path.parent / utterance.audio})


def write_manifest(path: Path, utterances: Iterable[Utterance]) -> None:
    """Write ``path`` atomically; audio below its folder is stored relative to that, other audio absolute."""
    folder = path.parent.absolute()
    rows = []
    for utterance in utterances:
        audio = utterance.audio.absolute()
        if audio.is_relative_to(folder):
            audio = audio.relative_to(folder)
        row = utterance.model_copy(update={"audio": audio}).model_dump(mode="json")
        known = Utterance.model_fields
        kept = {key: value for key, value in row.items() if value is not None or key not in known}
        rows.append(json.dumps(kept, ensure_ascii=False))
    write_file(path, "".join(f"{row}\n" for row in rows))


def transcribed(utterances: Iterable[Utterance], source: object) -> list[Utterance]:
    """Those of ``utterances`` whose text is known, silence included: what a recogniser can be trained on.

    Args:
        source: names the utterances in the error, for instance the path of their manifest.

    Raises:
        ManifestError: no utterance has a text.
    """
    kept = [utterance for utterance in utterances if utterance.text is not None]
    if not kept:
        raise ManifestError(
            f"{source}: no utterance has a text",
            "add the key text: the words spoken, or an empty string for silence",
        )
    return kept
