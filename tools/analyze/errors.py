"""Errors of ``skipstone analyze``."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class AnalyzeError(SkipstoneError):
    """The recorded kernel costs cannot be used, or a picture cannot be drawn."""
