"""What every way of flashing offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Progress = Callable[[str, int, int], None]
"""Called with the phase (``write`` or ``verify``), the bytes done and the bytes in all."""


def no_progress(phase: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class FlashResult:
    """What was done: method, bytes written, whether they were read back and compared, seconds."""

    method: str
    written_bytes: int
    verified: bool
    seconds: float


class Flasher(ABC):
    """One way to put firmware on one board."""

    @abstractmethod
    def flash(self, elf: Path, progress: Progress = no_progress) -> FlashResult:
        """Write ``elf``, verify it, reset the board and let it run.

        Raises:
            FlashError: the image does not suit the board, or the write or the verification fails.
        """
