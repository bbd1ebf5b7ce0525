"""The layout of Speech Commands (Warden 2018, arXiv 1804.03209): one folder a word, files
``<speaker hash>_nohash_<take>.wav``, lists of the validation and the test files."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from skipstone.quantize.corpora.importers.entry import Entry, ImportCorpusError, read_lines
from skipstone.quantize.corpora.text_normalization import normalize_text

Split = Literal["all", "train", "validation", "test"]
_LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}
_BACKGROUND = "_background_noise_"
_SILENT = (_BACKGROUND, "_silence_")
_UNNAMED = "_unknown_"


def speech_commands_entries(source: Path, split: Split = "all", background: bool = False) -> list[Entry]:
    """Words below ``source``, by folder and file name.

    ``speaker`` is the hash in the file name, ``domain`` is ``words`` (``noise`` where nobody speaks), and
    ``split`` is noted. Recordings of ``_silence_`` have an empty text; ``_unknown_`` (any word) is left out.

    Args:
        split: which files; ``train`` are those on neither list.
        background: include ``_background_noise_`` with an empty text (splits ``all`` and ``train``).

    Raises:
        ImportCorpusError: no words, or a list is missing or names a file that is not there.
    """
    folders = [
        folder
        for folder in sorted(source.glob("*/"))
        if folder.name != _UNNAMED and any(folder.glob("*.wav"))
    ]
    if not any(folder.name not in _SILENT for folder in folders):
        raise ImportCorpusError(
            f"{source} holds no folder of words with WAV files", "give the unpacked Speech Commands corpus"
        )
    splits = _splits(source, required=split != "all")
    entries = []
    for folder in folders:
        if folder.name == _BACKGROUND and (not background or split in _LISTS):
            continue
        for audio in sorted(folder.glob("*.wav")):
            part = splits.get(f"{folder.name}/{audio.name}", "train")
            if split in ("all", part):
                entries.append(Entry(audio, _labels(folder.name, audio.stem, part), str(folder)))
    if not entries:
        raise ImportCorpusError(f"{source}: nothing belongs to the split {split}", "choose another split")
    return entries


def _labels(folder: str, stem: str, split: str) -> dict[str, str]:
    if folder in _SILENT:
        return {"domain": "noise", "split": split, "text": ""}
    labels = {"domain": "words", "split": split, "text": normalize_text(folder)}
    speaker, mark, _ = stem.partition("_nohash_")
    return {**labels, "speaker": speaker} if mark else labels


def _splits(source: Path, required: bool) -> dict[str, str]:
    """``folder/file`` → split, from the lists."""
    splits = {}
    for split, name in _LISTS.items():
        path = source / name
        if not path.is_file():
            if required:
                raise ImportCorpusError(
                    f"{source} has no {name}, so its splits are not known",
                    "use --split all, or fetch the corpus with its lists",
                )
            continue
        for number, line in enumerate(read_lines(path), 1):
            if not line.strip():
                continue
            if not (source / line.strip()).is_file():
                raise ImportCorpusError(
                    f"{path}:{number} names {line.strip()!r}, which is no file",
                    "unpack the corpus again, or delete the line",
                )
            splits[line.strip()] = split
    return splits
