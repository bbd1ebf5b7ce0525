"""Errors of virtual boards."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class VirtualBoardError(SkipstoneError):
    """A virtual board cannot be started, found or stopped."""


class PluginError(SkipstoneError):
    """The emulator plugin cannot be compiled or loaded."""


class CostModelError(SkipstoneError):
    """The cost file of an ELF cannot be made."""
