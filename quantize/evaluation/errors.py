"""Errors of evaluation."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class EvaluationError(SkipstoneError):
    """A model cannot be run, or a manifest and a model do not fit together."""
