"""Errors of ``skipstone validate``."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class ValidateError(SkipstoneError):
    """Data that the model cannot be given, or an input that has no place on a device."""


class DifferenceError(SkipstoneError):
    """The board and stock TFLM do not give the same bytes."""
