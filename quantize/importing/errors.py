"""Error of the import."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class ImportModelError(SkipstoneError):
    """A float model or its representative data cannot become an int8 streaming model."""
