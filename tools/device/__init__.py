"""The host's client of the serial protocol."""

from skipstone.tools.device.client import Device
from skipstone.tools.device.errors import DeviceError, DeviceTimeoutError, RequestRefusedError
from skipstone.tools.device.results import (
    BlockInfo,
    DeviceInfo,
    IntentReading,
    NpuProfile,
    Profile,
    StateInfo,
    StepBatch,
)
from skipstone.tools.device.session import open_device

__all__ = [
    "BlockInfo",
    "Device",
    "DeviceError",
    "DeviceInfo",
    "DeviceTimeoutError",
    "IntentReading",
    "NpuProfile",
    "Profile",
    "RequestRefusedError",
    "StateInfo",
    "StepBatch",
    "open_device",
]
