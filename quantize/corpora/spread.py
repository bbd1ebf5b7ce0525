"""Random settings as they are written on a command line: ``12``, ``6:24`` or ``6,12,24``."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from skipstone.quantize.errors import SkipstoneError


class SpreadError(SkipstoneError):
    """A setting is not a number, a range or a list, or is out of bounds."""


@dataclass(frozen=True)
class Spread:
    """Values to draw from: one of ``values``, or anything between the two of a ``continuous`` range."""

    values: tuple[float, ...]
    continuous: bool = False

    @classmethod
    def parse(cls, text: str, name: str, low: float = -math.inf, high: float = math.inf) -> Spread:
        """Read ``12``, a range ``6:24`` or a list ``6,12,24``.

        Args:
            name: of the setting, for errors.
            low, high: bounds of every value.

        Raises:
            SpreadError: anything else, a range that falls, or a value out of bounds.
        """
        continuous = ":" in text
        try:
            values = tuple(float(part) for part in text.split(":" if continuous else ","))
        except ValueError:
            values = ()
        if not values or (continuous and (len(values) != 2 or values[0] > values[1])):
            raise SpreadError(
                f"{name}: {text!r} is no number, range or list", "write for instance 12, 6:24 or 6,12,24"
            )
        for value in values:
            if not (math.isfinite(value) and low <= value <= high):
                raise SpreadError(f"{name}: {value:g} is out of range", f"use {low:g} to {high:g}")
        return cls(values, continuous)

    def draw(self, generator: np.random.Generator) -> float:
        """One value, uniformly."""
        if self.continuous:
            return float(generator.uniform(self.values[0], self.values[-1]))
        return float(generator.choice(self.values))


ZERO = Spread((0.0,))
ONE = Spread((1.0,))
USUAL_SNR = Spread((6.0, 24.0), continuous=True)
"""Decibels."""
USUAL_RT60 = Spread((0.1, 0.6), continuous=True)
"""Seconds: from a furnished small room to a bare living room."""
