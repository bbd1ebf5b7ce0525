"""Errors of the grammar layer."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class GrammarError(SkipstoneError):
    """A grammar file is malformed, or cannot be decoded with the tokens of the model."""
