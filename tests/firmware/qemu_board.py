"""A firmware image running on a QEMU machine, and a conversation with it over a Unix socket."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from pathlib import Path

from skipstone.firmware.codegen.boards import Board
from skipstone.tools.protocol.frame import Frame, decode_frame, encode_frame
from skipstone.tools.protocol.messages import REPLIES, HelloRequest
from skipstone.tools.protocol.wire import Payload

TIMEOUT_S = 30.0


class QemuBoard:
    """Use as a context manager."""

    def __init__(self, board: Board, elf: Path) -> None:
        assert board.virtual is not None
        self._folder = tempfile.TemporaryDirectory(prefix="ss")
        path = str(Path(self._folder.name) / "uart")
        command = ["qemu-system-arm", "-M", board.virtual.machine, "-display", "none", "-monitor", "none"]
        command += ["-kernel", str(elf), "-serial", f"unix:{path},server=on,wait=on"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(TIMEOUT_S)
        self._connect(path)
        self._received = b""
        self._sequence = 0
        self._wait_for_start()

    def _connect(self, path: str) -> None:
        end = time.monotonic() + TIMEOUT_S
        while True:
            try:
                self._socket.connect(path)
                return
            except OSError:
                assert self._process.poll() is None, "QEMU ended"
                assert time.monotonic() < end
                time.sleep(0.01)

    def _wait_for_start(self) -> None:
        """Say HELLO until it is answered: what arrives before the receiver is on is lost."""
        self._socket.settimeout(0.3)
        for sequence in range(0x8000, 0x8000 + int(TIMEOUT_S / 0.3)):
            self.send(b"\0" + encode_frame(Frame(HelloRequest.TYPE, sequence, b"")))
            try:
                while self.receive().sequence != sequence:
                    continue
            except TimeoutError:
                continue
            self._socket.settimeout(TIMEOUT_S)
            return
        raise AssertionError("the board does not start")

    def __enter__(self) -> QemuBoard:
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def send(self, data: bytes) -> None:
        """Write raw bytes."""
        self._socket.sendall(data)

    def receive(self) -> Frame:
        """The next frame; fails after a timeout."""
        while b"\0" not in self._received:
            data = self._socket.recv(65536)
            assert data, "QEMU ended"
            self._received += data
        encoded, _, self._received = self._received.partition(b"\0")
        return decode_frame(encoded)

    def ask(self, request: Payload) -> Payload:
        """Send a request and return its reply, an ErrorReply included."""
        self._sequence += 1
        self.send(encode_frame(Frame(request.TYPE, self._sequence, request.encode())))
        frame = self.receive()
        assert frame.sequence == self._sequence
        return REPLIES[frame.type].decode(frame.payload)
