"""A CSV table beside recordings: columns ``audio``, ``text``, and any other key of a manifest."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from skipstone.quantize.corpora.importers.entry import Entry, ImportCorpusError, read_lines
from skipstone.quantize.corpora.manifest import Utterance
from skipstone.quantize.corpora.text_normalization import normalize_text

SILENCE = "<silence>"
"""Text of a recording in which nobody speaks; an empty cell means that the text is not known."""
_JSON_COLUMNS = ("slots", "words")
_DELIMITERS = ",;\t|"


def csv_entries(source: Path) -> list[Entry]:
    """Rows of a CSV file, in its order.

    The delimiter is the one that makes a column ``audio`` of the header: comma, semicolon, tab or bar. Paths
    are relative to the file. Empty cells are left out. ``slots`` and ``words`` are JSON, other columns stay
    texts; ``duration`` is measured instead.

    Args:
        source: the file, or a folder with exactly one ``.csv`` or ``.tsv``.

    Raises:
        ImportCorpusError: no or several tables, no column ``audio``, a row of another length, or a bad cell.
    """
    path = _table(source)
    lines = read_lines(path)
    delimiter = _delimiter(lines[0], path)
    reader = csv.reader(io.StringIO("\n".join(lines), newline=""), delimiter=delimiter, strict=True)
    entries = []
    try:
        header = _names(next(reader))
        _check_header(header, path)
        for row in reader:
            if any(cell.strip() for cell in row):
                entries.append(_entry(header, row, path, reader.line_num))
    except csv.Error as error:
        raise ImportCorpusError(
            f"{path}:{reader.line_num}: {error}", "check the quotes of this line"
        ) from error
    if not entries:
        raise ImportCorpusError(f"{path} has no rows", "write one recording a line below the header")
    return entries


def _table(source: Path) -> Path:
    if not source.is_dir():
        return source
    tables = sorted(path for path in source.iterdir() if path.suffix.lower() in (".csv", ".tsv"))
    if len(tables) != 1:
        found = ", ".join(path.name for path in tables) or "none"
        raise ImportCorpusError(
            f"{source} should hold one .csv or .tsv (found: {found})", "name the file itself"
        )
    return tables[0]


def _delimiter(header: str, path: Path) -> str:
    for delimiter in _DELIMITERS:
        with suppress(csv.Error):
            if "audio" in _names(next(csv.reader([header], delimiter=delimiter), [])):
                return delimiter
    raise ImportCorpusError(
        f"{path}:1: there is no column 'audio' in {header[:80]!r}",
        "the first line names the columns: audio, text, …",
    )


def _names(header: list[str]) -> list[str]:
    return [name.strip().lower() for name in header]


def _check_header(header: list[str], path: Path) -> None:
    twice = {name for name in header if header.count(name) > 1}
    if twice or "" in header:
        named = ", ".join(sorted(map(repr, twice))) or "an unnamed one"
        raise ImportCorpusError(f"{path}:1: columns are ambiguous: {named}", "name each column once")


def _entry(header: list[str], row: list[str], path: Path, number: int) -> Entry:
    origin = f"{path}:{number}"
    if len(row) != len(header):
        raise ImportCorpusError(
            f"{origin} has {len(row)} cells, the header {len(header)}", "quote cells that hold the delimiter"
        )
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()}
    if "audio" not in cells:
        raise ImportCorpusError(f"{origin} names no audio", "fill the column audio")
    audio = path.parent / cells.pop("audio")
    cells.pop("duration", None)
    labels: dict[str, Any] = {name: _value(name, cell, origin) for name, cell in cells.items()}
    return Entry(audio, labels, origin)


def _value(name: str, cell: str, origin: str) -> Any:
    if name == "text":
        return "" if cell == SILENCE else normalize_text(cell)
    if name not in _JSON_COLUMNS:
        return cell
    try:
        return json.loads(cell)
    except (ValueError, RecursionError) as error:
        raise ImportCorpusError(
            f"{origin}: column {name!r} is no JSON: {error}",
            f"write for instance {_EXAMPLES[name]}",
        ) from error


_EXAMPLES = {
    "slots": '{"size": "small"}',
    "words": '[{"text": "yes", "start": 0.1, "end": 0.4}]',
}
assert set(_EXAMPLES) == set(_JSON_COLUMNS) <= set(Utterance.model_fields)
