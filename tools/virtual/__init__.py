"""Virtual boards: QEMU machines with a serial port, a debug port and counters, used like any other board."""

from skipstone.tools.virtual.errors import CostModelError, PluginError, VirtualBoardError
from skipstone.tools.virtual.lifecycle import find, machine_of, publish_image, running, start, stop
from skipstone.tools.virtual.state import VirtualBoard

__all__ = [
    "CostModelError",
    "PluginError",
    "VirtualBoard",
    "VirtualBoardError",
    "find",
    "machine_of",
    "publish_image",
    "running",
    "start",
    "stop",
]
