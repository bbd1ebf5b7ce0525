"""Carriers of frames: a serial port, physical or the pseudo terminal of a virtual board."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Protocol

import serial
from skipstone.tools.device.errors import DeviceError
from skipstone.tools.protocol.frame import DELIMITER

POLL_SECONDS = 0.05


class Transport(Protocol):
    """What the link needs of a carrier."""

    def send(self, data: bytes) -> None:
        """Send bytes, all of them."""

    def receive(self, deadline: float) -> bytes | None:
        """Bytes between two delimiters, never empty; ``None`` once ``time.monotonic()`` is ``deadline``."""

    def discard(self) -> None:
        """Forget what has been received so far."""

    def close(self) -> None:
        """Free the carrier."""


class SerialTransport:
    """A serial port by its path (``/dev/ttyACM0``, the ``tty`` of a virtual board) or pyserial URL.

    Args:
        port: path or URL.
        baud: bits a second; a pseudo terminal ignores it.

    Raises:
        DeviceError: there is no such port, it is in use, or it vanishes.
    """

    def __init__(self, port: str | Path, baud: int = 115_200) -> None:
        self._name = str(port)
        self._received = bytearray()
        try:
            self._port = serial.serial_for_url(self._name, baud, timeout=POLL_SECONDS, exclusive=True)
        except (serial.SerialException, ValueError, OSError) as error:
            raise DeviceError(
                f"cannot open {self._name}: {error}",
                "check the path, the cable, that no other program holds the port, and your right to use it "
                "(group dialout)",
            ) from error

    def send(self, data: bytes) -> None:
        """Send bytes, all of them."""
        try:
            self._port.write(data)
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def receive(self, deadline: float) -> bytes | None:
        """Bytes between two delimiters; the empty frame is skipped."""
        while True:
            end = self._received.find(DELIMITER)
            if end >= 0:
                frame = bytes(self._received[:end])
                del self._received[: end + 1]
                if frame:
                    return frame
                continue
            if time.monotonic() >= deadline:
                return None
            self._received += self._read()

    def _read(self) -> bytes:
        """Wait for a byte, then take all that is there."""
        try:
            first: bytes = self._port.read(1)
            waiting = self._port.in_waiting if first else 0
            return first + (self._port.read(waiting) if waiting else b"")
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> DeviceError:
        return DeviceError(
            f"{self._name} is gone: {error}",
            "check the cable; `skipstone board list` shows virtual boards that run",
        )

    def discard(self) -> None:
        """Forget what has been received so far."""
        self._received.clear()
        self._port.reset_input_buffer()

    def close(self) -> None:
        """Close the port."""
        self._port.close()
