"""Errors of a run."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class RunError(SkipstoneError):
    """A run cannot be started or its parts do not fit together."""
