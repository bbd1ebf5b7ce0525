"""A client of the GDB remote serial protocol, as much of it as flashing and inspecting a board takes.

Source: "Debugging with GDB", appendix E. Packets are ``$data#checksum``; acknowledgements are switched off.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from types import TracebackType

from skipstone.tools.flash.errors import FlashError

WRITE_CHUNK = 1800  # bytes; twice as many hex digits fit a packet of 4,096
READ_CHUNK = 1800
PROGRAM_COUNTER = 15
STACK_POINTER = 13


class GdbRemote:
    """A connection to a debug server. Connecting halts the core; :meth:`detach` lets it run.

    Raises:
        FlashError: nobody listens, or the connection breaks.
    """

    def __init__(self, port: int, host: str = "127.0.0.1", timeout: float = 10.0) -> None:
        self._peer = f"{host}:{port}"
        self._buffer = b""
        self._acknowledge = True
        try:
            self._socket = socket.create_connection((host, port), timeout)
        except OSError as error:
            raise FlashError(f"no debug server at {self._peer}: {error}", "start the board first") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.command("QStartNoAckMode") == b"OK":
            self._acknowledge = False
        self.command("qSupported:xmlRegisters=arm")
        self.command("qXfer:features:read:target.xml:0,ff0")  # QEMU reads single registers only after this
        self.command("?")

    def __enter__(self) -> GdbRemote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def command(self, data: str) -> bytes:
        """Send one packet and return the reply's data."""
        raw = data.encode()
        try:
            self._socket.sendall(b"$" + raw + b"#%02x" % (sum(raw) & 0xFF))
            reply = self._reply()
            while data != "?" and reply.startswith((b"T", b"S")):  # the core halted: nobody asked
                reply = self._reply()
            return reply
        except OSError as error:
            raise FlashError(
                f"debug server at {self._peer}: {error}", "restart the board and flash again"
            ) from error

    def _reply(self) -> bytes:
        while True:
            begin = self._buffer.find(b"$")
            end = self._buffer.find(b"#", begin)
            if begin >= 0 and end >= 0 and len(self._buffer) >= end + 3:
                reply, self._buffer = self._buffer[begin + 1 : end], self._buffer[end + 3 :]
                if self._acknowledge:
                    self._socket.sendall(b"+")
                return reply
            received = self._socket.recv(65536)
            if not received:
                raise ConnectionResetError("connection closed")
            self._buffer += received

    def write(self, address: int, data: bytes, done: Callable[[int], None] = lambda _: None) -> None:
        """Write memory; ``done`` is called with the number of bytes of each packet."""
        for offset in range(0, len(data), WRITE_CHUNK):
            chunk = data[offset : offset + WRITE_CHUNK]
            if self.command(f"M{address + offset:x},{len(chunk):x}:{chunk.hex()}") != b"OK":
                raise FlashError(
                    f"the board refuses to write {len(chunk)} bytes at 0x{address + offset:08x}",
                    "check the memory table of board.toml against the board",
                )
            done(len(chunk))

    def read(self, address: int, length: int, done: Callable[[int], None] = lambda _: None) -> bytes:
        """Read memory; ``done`` is called with the number of bytes of each packet."""
        parts = []
        for offset in range(0, length, READ_CHUNK):
            size = min(READ_CHUNK, length - offset)
            reply = self.command(f"m{address + offset:x},{size:x}")
            if len(reply) != 2 * size:
                raise FlashError(
                    f"the board refuses to read {size} bytes at 0x{address + offset:08x}: {reply.decode()}",
                    "check the memory table of board.toml against the board",
                )
            parts.append(bytes.fromhex(reply.decode()))
            done(size)
        return b"".join(parts)

    def register(self, number: int) -> int:
        """Read a 32-bit core register (15 is the program counter)."""
        (value,) = struct.unpack("<I", bytes.fromhex(self.command(f"p{number:x}").decode())[:4])
        return int(value)

    def set_register(self, number: int, value: int) -> None:
        """Write a 32-bit core register."""
        self.command(f"P{number:x}={value.to_bytes(4, 'little').hex()}")

    def monitor(self, text: str) -> bytes:
        """Run a command of the server's own (``monitor`` in GDB); returns what it prints."""
        reply = self.command("qRcmd," + text.encode().hex())
        printed = b""
        while reply.startswith(b"O") and reply != b"OK":
            printed += bytes.fromhex(reply[1:].decode())
            reply = self._reply()
        return printed

    def detach(self) -> None:
        """Let the core run and end the session."""
        self.command("D")
