"""Errors of the converter."""

from __future__ import annotations

from collections.abc import Sequence

from skipstone.quantize.errors import SkipstoneError


class ConvertError(SkipstoneError):
    """A checkpoint cannot become a .tflite."""


class CheckpointError(ConvertError):
    """A checkpoint is incomplete or inconsistent; ``problems`` names everything that is wrong."""

    def __init__(self, source: str, problems: Sequence[str], remedy: str) -> None:
        head = f"{source}: " + ("one problem" if len(problems) == 1 else f"{len(problems)} problems")
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in problems)]), remedy)
        self.problems = tuple(problems)
