"""Flashing: one small interface, a flasher for debug servers and one for pyOCD."""

from skipstone.tools.flash.errors import FlashError
from skipstone.tools.flash.flasher import Flasher, FlashResult, Progress
from skipstone.tools.flash.select import flash, flasher_for

__all__ = ["FlashError", "FlashResult", "Flasher", "Progress", "flash", "flasher_for"]
