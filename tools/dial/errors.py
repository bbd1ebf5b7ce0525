"""Errors of the dial."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class DialError(SkipstoneError):
    """Offsets that cannot be swept, or utterances from which no error rate follows."""
