"""The layout of LibriSpeech and its kin: ``…/speaker/chapter/speaker-chapter-utterance.flac`` with one
``speaker-chapter.trans.txt`` a chapter (openslr.org/12)."""

from __future__ import annotations

from pathlib import Path

from skipstone.quantize.corpora.importers.entry import Entry, ImportCorpusError, read_lines
from skipstone.quantize.corpora.text_normalization import normalize_text

_SUFFIXES = (".flac", ".wav", ".ogg", ".opus")
_GENDERS = {"F": "female", "M": "male"}


def librispeech_entries(source: Path) -> list[Entry]:
    """Utterances of every chapter below ``source``, by transcript and line.

    ``speaker`` is the reader's number, ``gender`` comes from ``SPEAKERS.TXT`` in ``source`` or one of the two
    folders above it, ``subset`` is the folder above the speakers (``dev-clean``).

    Raises:
        ImportCorpusError: no transcript, a line without a text, or a transcript without its recording.
    """
    transcripts = sorted(source.rglob("*.trans.txt"))
    if not transcripts:
        raise ImportCorpusError(
            f"{source} holds no *.trans.txt", "give the unpacked corpus, for instance LibriSpeech/dev-clean"
        )
    genders = _speaker_genders(source)
    return [entry for transcript in transcripts for entry in _chapter(transcript, genders)]


def _chapter(transcript: Path, genders: dict[str, str]) -> list[Entry]:
    speaker = transcript.parent.parent.name
    labels = {"speaker": speaker, "domain": "read", "subset": transcript.parent.parent.parent.name}
    if speaker in genders:
        labels["gender"] = genders[speaker]
    entries = []
    for number, line in enumerate(read_lines(transcript), 1):
        if not line.strip():
            continue
        identifier, _, text = line.strip().partition(" ")
        origin = f"{transcript}:{number}"
        if not text.strip():
            raise ImportCorpusError(
                f"{origin}: {identifier!r} has no text", "each line is: utterance, blank, text"
            )
        audio = _recording(transcript.parent, identifier, origin)
        entries.append(Entry(audio, {"text": normalize_text(text), **labels}, origin))
    return entries


def _recording(folder: Path, identifier: str, origin: str) -> Path:
    for suffix in _SUFFIXES:
        path = folder / f"{identifier}{suffix}"
        if path.is_file():
            return path
    raise ImportCorpusError(
        f"{origin}: there is no recording {folder / identifier} ({', '.join(_SUFFIXES)})",
        "unpack the corpus again, or delete the line",
    )


def _speaker_genders(source: Path) -> dict[str, str]:
    """Speaker → gender from ``SPEAKERS.TXT`` (``14 | F | train-clean-360 | 25.03 | name``), if there."""
    folder = source.absolute()
    for place in (folder, folder.parent, folder.parent.parent):
        path = place / "SPEAKERS.TXT"
        if path.is_file():
            return _parse_speakers(path)
    return {}


def _parse_speakers(path: Path) -> dict[str, str]:
    genders = {}
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip() or line.startswith(";"):
            continue
        fields = [field.strip() for field in line.split("|")]
        if len(fields) < 2 or fields[1].upper() not in _GENDERS:
            raise ImportCorpusError(
                f"{path}:{number} is not: speaker | F or M | …", "use the SPEAKERS.TXT of the corpus"
            )
        genders[fields[0]] = _GENDERS[fields[1].upper()]
    return genders
