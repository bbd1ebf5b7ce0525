"""The error of the study."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class StudyError(SkipstoneError):
    """What the study reads cannot be used, or the simulation, TFLM and the board do not agree."""
