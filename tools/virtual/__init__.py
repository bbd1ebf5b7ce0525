"""Virtual boards: QEMU machines with a serial port, a debug port and counters, used like any other board."""

from skipstone.tools.virtual.errors import CostModelError, PluginError, VirtualBoardError
from skipstone.tools.virtual.lifecycle import find, machine_of, publish_image, running, start, stop
from skipstone.tools.virtual.npu_device import (
    NpuCounts,
    NpuInjection,
    inject_npu_fault,
    npu_counts,
    parse_injection,
)
from skipstone.tools.virtual.state import VirtualBoard

__all__ = [
    "CostModelError",
    "NpuCounts",
    "NpuInjection",
    "PluginError",
    "VirtualBoard",
    "VirtualBoardError",
    "find",
    "inject_npu_fault",
    "machine_of",
    "npu_counts",
    "parse_injection",
    "publish_image",
    "running",
    "start",
    "stop",
]
