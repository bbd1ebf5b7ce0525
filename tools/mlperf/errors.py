"""Errors of the benchmark interface."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class MlperfError(SkipstoneError):
    """A model, an input or a setting does not suit the benchmark, or the device breaks its protocol."""


class CommandRefusedError(MlperfError):
    """The device answered a command with an error line (``e-[…]``)."""
