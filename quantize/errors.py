"""The one exception type that reaches a user, with what happened and what to do."""

from __future__ import annotations


class SkipstoneError(Exception):
    """An error a user can act on.

    Args:
        cause: what happened and where, one line.
        remedy: what the user can do about it, one line.

    Subclass it per area (``TfliteError``, ``BoardError`` …); the CLI prints ``cause`` and ``remedy`` and
    exits with 1.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy
