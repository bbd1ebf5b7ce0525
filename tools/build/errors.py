"""Errors of the firmware build."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class BuildError(SkipstoneError):
    """Firmware cannot be built: a tool is missing, the model folder is incomplete, or the compiler failed."""
