"""Errors of the integer model."""

from __future__ import annotations

from collections.abc import Sequence

from skipstone.quantize.errors import SkipstoneError


class IntegerModelError(SkipstoneError):
    """A model cannot be executed, or an input does not fit it."""


class UnsupportedOperatorError(IntegerModelError):
    """Operators or settings that the integer model does not cover; ``findings`` names all of them."""

    def __init__(self, findings: Sequence[str]) -> None:
        head = "one operator is" if len(findings) == 1 else f"{len(findings)} operators are"
        lines = "\n".join(f"  - {finding}" for finding in findings)
        super().__init__(
            f"{head} not supported by the integer model\n{lines}",
            "run this model in TFLM instead (skipstone.quantize.evaluation.tflm)",
        )
        self.findings = tuple(findings)
