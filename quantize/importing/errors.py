"""Error of the import."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class ImportModelError(SkipstoneError):
    """A float model or its representative data cannot become an int8 streaming model."""


def first_line(error: BaseException) -> str:
    """Type and first line of another library's error."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
