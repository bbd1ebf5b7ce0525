"""PlatformIO development platform of Skipstone."""

from platformio.public import PlatformBase


class SkipstonePlatform(PlatformBase):
    """Everything is in ``builder/main.py``; this class only gives the platform its name."""
