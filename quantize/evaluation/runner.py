"""What evaluation asks of anything that runs a .tflite step by step."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray
from skipstone.quantize.tflite.model import Model


class Runner(Protocol):
    """The integer model, TFLM and LiteRT alike."""

    model: Model

    def reset(self) -> None:
        """Start a new utterance."""

    def step(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Invoke the model once."""
