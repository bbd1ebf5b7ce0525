"""Errors of latency measurements."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class LatencyError(SkipstoneError):
    """A manifest without word times, or nothing that could be measured."""
