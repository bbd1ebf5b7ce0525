"""Errors of flashing."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class FlashError(SkipstoneError):
    """A firmware image cannot be put on a board."""
