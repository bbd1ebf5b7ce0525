"""Requests and replies: sequence numbers, retries, pipelining.

The board keeps its last reply and sends it again when a request comes twice with the same sequence number, so
a retry never runs a step twice.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

from skipstone.tools.device.errors import DeviceError, DeviceTimeoutError, RequestRefusedError
from skipstone.tools.device.transport import Transport
from skipstone.tools.protocol.frame import DELIMITER, Frame, FrameError, decode_frame, encode_frame
from skipstone.tools.protocol.messages import REQUESTS, ErrorReply, HelloReply, HelloRequest
from skipstone.tools.protocol.wire import Payload

REPLY_BIT = 0x80
HELLO_SECONDS = 0.25
Reply = TypeVar("Reply", bound=Payload)


class Link:
    """One conversation with a board.

    Args:
        transport: carrier of the frames.
        timeout: seconds to wait for a reply before the request is sent again.
        attempts: how often a request is sent in all.
    """

    def __init__(self, transport: Transport, timeout: float = 3.0, attempts: int = 4) -> None:
        self._transport = transport
        self._timeout = timeout
        self._attempts = attempts
        self._sequence = random.randrange(1 << 16)
        self.retries = 0

    def close(self) -> None:
        """Free the carrier."""
        self._transport.close()

    def hello(self, patience: float) -> HelloReply:
        """Say HELLO until the board answers; it may still be starting, or finish what another host began.

        Raises:
            DeviceTimeoutError: silence for ``patience`` seconds.
        """
        deadline = time.monotonic() + patience
        self._transport.discard()
        self._transport.send(DELIMITER)  # ends whatever half a frame an earlier host left behind
        while time.monotonic() < deadline:
            sequence = self._send(HelloRequest())
            frame = self._receive(
                HelloRequest.TYPE, sequence, min(deadline, time.monotonic() + HELLO_SECONDS)
            )
            if frame is not None:
                return self._decode(frame, HelloRequest(), HelloReply)
        raise DeviceTimeoutError(
            f"the board does not answer HELLO within {patience:.0f} s",
            "flash firmware built by `skipstone build`, check port and baud rate, then reset the board",
        )

    def request(self, message: Payload, reply: type[Reply]) -> Reply:
        """Send one request and return its reply.

        Raises:
            DeviceTimeoutError: no reply to any attempt.
            RequestRefusedError: the board answered ERROR.
        """
        sequence = self._send(message)
        for attempt in range(self._attempts):
            if attempt:
                self.retries += 1
                self._send(message, sequence)
            frame = self._receive(message.TYPE, sequence, time.monotonic() + self._timeout)
            if frame is not None:
                return self._decode(frame, message, reply)
        raise self._silence(message)

    def pipeline(self, messages: Iterable[Payload], reply: type[Reply], depth: int) -> Iterator[Reply]:
        """Yield the replies to ``messages`` in order, with up to ``depth`` requests under way.

        With ``depth`` 1 a lost frame is sent again. Beyond that the link must not lose frames (that of a
        virtual board does not): the board runs requests in the order in which they arrive.

        Raises:
            DeviceTimeoutError: no reply.
            RequestRefusedError: the board answered ERROR.
        """
        if depth == 1:
            for message in messages:
                yield self.request(message, reply)
            return
        waiting: deque[tuple[Payload, int]] = deque()
        for message in messages:
            waiting.append((message, self._send(message)))
            if len(waiting) == depth:
                yield self._next(waiting, reply)
        while waiting:
            yield self._next(waiting, reply)

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are, for tests of how the board takes what is no sound request."""
        self._transport.send(data)

    def exchange_raw(self, request_type: int, payload: bytes) -> ErrorReply:
        """Send any payload under any type and return the board's refusal.

        Raises:
            DeviceTimeoutError: no reply.
            DeviceError: the board did not refuse.
        """
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._transport.send(encode_frame(Frame(request_type, self._sequence, payload)))
        frame = self._receive(request_type, self._sequence, time.monotonic() + self._timeout * self._attempts)
        if frame is None:
            raise DeviceTimeoutError(f"the board does not answer type {request_type:#04x}", "reset the board")
        if frame.type != ErrorReply.TYPE:
            raise DeviceError(f"the board accepts type {request_type:#04x}", "a refusal was expected")
        return ErrorReply.decode(frame.payload)

    def _next(self, waiting: deque[tuple[Payload, int]], reply: type[Reply]) -> Reply:
        message, sequence = waiting.popleft()
        frame = self._receive(message.TYPE, sequence, time.monotonic() + self._timeout * self._attempts)
        if frame is None:
            raise self._silence(message)
        return self._decode(frame, message, reply)

    def _send(self, message: Payload, sequence: int | None = None) -> int:
        if sequence is None:
            self._sequence = (self._sequence + 1) & 0xFFFF
            sequence = self._sequence
        self._transport.send(encode_frame(Frame(message.TYPE, sequence, message.encode())))
        return sequence

    def _receive(self, request_type: int, sequence: int, deadline: float) -> Frame | None:
        """The reply with ``sequence``; late replies to earlier requests and damaged frames are skipped."""
        while True:
            encoded = self._transport.receive(deadline)
            if encoded is None:
                return None
            try:
                frame = decode_frame(encoded)
            except FrameError:
                continue
            if frame.sequence == sequence and frame.type in (request_type | REPLY_BIT, ErrorReply.TYPE):
                return frame

    def _decode(self, frame: Frame, message: Payload, reply: type[Reply]) -> Reply:
        name = message.NAME.removesuffix("_request").upper()
        if frame.type == ErrorReply.TYPE:
            refused = ErrorReply.decode(frame.payload)
            raise RequestRefusedError(name, refused.code, refused.detail)
        if frame.type != reply.TYPE or message.TYPE not in REQUESTS:
            raise DeviceError(
                f"the board answers {name} with type {frame.type:#04x}", "flash matching firmware"
            )
        return reply.decode(frame.payload)

    def _silence(self, message: Payload) -> DeviceTimeoutError:
        name = message.NAME.removesuffix("_request").upper()
        return DeviceTimeoutError(
            f"the board does not answer {name} within {self._timeout * self._attempts:.0f} s",
            "reset the board; `skipstone board stop` and `start` do that for a virtual one",
        )
