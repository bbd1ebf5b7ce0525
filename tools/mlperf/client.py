"""Host side of the serial interface of MLPerf Tiny: commands end with ``%``, replies with ``m-ready``.

Written from the protocol (mlcommons/tiny, ``benchmark/api`` and ``benchmark/runner``). It is stricter than
the benchmark's runner: a line that nobody asked for is an error.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import serial
from skipstone.tools.mlperf.errors import CommandRefusedError, MlperfError

END = b"%"
READY = "m-ready"
BYTES_PER_COMMAND = 31
"""Of input, as the benchmark's runner sends them."""
LINE_SECONDS = 5.0
"""The benchmark's runner waits that long for the next line."""
START_SECONDS = 10.0
_QUIET_SECONDS = 0.2
_ENCODING = "ascii"
_LAP = re.compile(r"m-lap-us-(\d+)")
_RESULTS = re.compile(r"m-results-\[([^\]]+)\]")


@dataclass(frozen=True)
class Inference:
    """What ``infer`` reports.

    Attributes:
        results: dequantized values of the last inference.
        microseconds: between the two laps, for all inferences that are not warm-up.
    """

    results: tuple[float, ...]
    microseconds: int


class BenchmarkClient:
    """A device that runs the benchmark application. Use as a context manager.

    Args:
        port: path or pyserial URL.
        baud: bits a second; a pseudo terminal ignores it.
        line_seconds: the longest wait for a line.

    Raises:
        MlperfError: the port cannot be opened, or nobody answers.
    """

    def __init__(self, port: str | Path, baud: int = 115_200, line_seconds: float = LINE_SECONDS) -> None:
        self._name = str(port)
        self._patience = line_seconds
        self._received = bytearray()
        try:
            self._port = serial.serial_for_url(self._name, baud, timeout=0.05, exclusive=True)
        except (serial.SerialException, ValueError, OSError) as error:
            raise MlperfError(
                f"cannot open {self._name}: {error}",
                "check the path and that no other program holds the port",
            ) from error
        try:
            self._synchronise()
        except BaseException:
            self._port.close()
            raise

    def __enter__(self) -> BenchmarkClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._port.close()

    def command(self, text: str) -> list[str]:
        """Send one command; the lines of its reply, without the closing ``m-ready``.

        Raises:
            MlperfError: no reply, or a line that nobody asked for came before the command.
        """
        self._check_silence()
        self._send(text.encode(_ENCODING, "replace") + END)
        lines: list[str] = []
        while True:
            line = self._line(time.monotonic() + self._patience)
            if line is None:
                raise MlperfError(
                    f"{self._name} does not answer '{text}' within {self._patience:g} s",
                    "check that it runs firmware of `skipstone mlperf build` at this baud rate",
                )
            if line == READY:
                return lines
            lines.append(line)

    def ask(self, text: str) -> list[str]:
        """:meth:`command` that has to succeed.

        Raises:
            CommandRefusedError: the reply holds an error line.
        """
        lines = self.command(text)
        errors = [line for line in lines if line.startswith("e-[")]
        if errors:
            raise CommandRefusedError(
                f"{self._name} refuses '{text}': {'; '.join(errors)}", "see docs/how-to/run-mlperf-tiny.md"
            )
        return lines

    def name(self) -> str:
        """Name of the device."""
        return _only(self.ask("name"), re.compile(r"m-name-dut-\[([^\]]+)\]"))

    def model(self) -> str:
        """Identifier of the benchmark's model, such as ``kws01``."""
        return _only(self.ask("profile"), re.compile(r"m-model-\[([^\]]+)\]"))

    def timestamp(self) -> int:
        """Microseconds since an arbitrary start."""
        return int(_only(self.ask("timestamp"), _LAP))

    def load(self, data: bytes) -> None:
        """Send the input of the next inferences."""
        self.ask(f"db load {len(data)}")
        lines: list[str] = []
        for start in range(0, len(data), BYTES_PER_COMMAND):
            lines = self.ask(f"db {data[start : start + BYTES_PER_COMMAND].hex()}")
        if lines != ["m-load-done"]:
            raise MlperfError(f"{self._name} did not confirm {len(data)} bytes: {lines}", _BROKEN)

    def infer(self, count: int = 1, warmups: int = 0) -> Inference:
        """Run ``warmups`` inferences, then ``count`` timed ones, on the input that is loaded."""
        lines = self.ask(f"infer {count} {warmups}")
        laps = [int(match[1]) for line in lines if (match := _LAP.fullmatch(line))]
        order = [f"m-warmup-start-{warmups}", "m-warmup-done", f"m-infer-start-{count}"]
        if len(laps) != 2 or lines[:3] != order or lines[5:6] != ["m-infer-done"] or len(lines) != 7:
            raise MlperfError(f"{self._name}: unexpected reply to infer: {lines}", _BROKEN)
        return Inference(_values(lines[6]), laps[1] - laps[0])

    def results(self) -> tuple[float, ...]:
        """The last result once more."""
        return _values(_only(self.ask("results"), re.compile("(.*)")))

    def _synchronise(self) -> None:
        """Send a lone end mark until it is answered, then wait for silence."""
        deadline = time.monotonic() + max(START_SECONDS, self._patience)
        while True:
            self._send(END)
            line = self._line(time.monotonic() + 0.5)
            if line is not None:
                break
            if time.monotonic() > deadline:
                raise MlperfError(
                    f"{self._name} does not answer",
                    "check cable and baud rate, and that it runs firmware of `skipstone mlperf build`",
                )
        while self._line(time.monotonic() + _QUIET_SECONDS) is not None:
            continue
        self._received.clear()

    def _check_silence(self) -> None:
        self._received += self._read(self._waiting())
        if self._received:
            raise MlperfError(f"{self._name} wrote unasked: {bytes(self._received)!r}", _BROKEN)

    def _line(self, deadline: float) -> str | None:
        """The next line without its CR LF; ``None`` at the deadline."""
        while (end := self._received.find(b"\r\n")) < 0:
            if time.monotonic() >= deadline:
                return None
            self._received += self._read(1)
            self._received += self._read(self._waiting())
        line = bytes(self._received[:end]).decode(_ENCODING, "replace")
        del self._received[: end + 2]
        return line

    def _send(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def _waiting(self) -> int:
        try:
            return int(self._port.in_waiting)
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def _read(self, count: int) -> bytes:
        try:
            return bytes(self._port.read(count)) if count else b""
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> MlperfError:
        return MlperfError(f"{self._name} is gone: {error}", "check the cable; `skipstone board list`")


_BROKEN = "the device breaks the protocol; build its firmware with this version of Skipstone"


def _only(lines: list[str], pattern: re.Pattern[str]) -> str:
    found = [match[1] for line in lines if (match := pattern.fullmatch(line))]
    if len(found) != 1:
        raise MlperfError(f"unexpected reply: {lines}", _BROKEN)
    return found[0]


def _values(line: str) -> tuple[float, ...]:
    match = _RESULTS.fullmatch(line)
    if match is None:
        raise MlperfError(f"unexpected line: {line}", _BROKEN)
    try:
        return tuple(float(value) for value in match[1].split(","))
    except ValueError as error:
        raise MlperfError(f"unexpected line, no numbers: {line}", _BROKEN) from error
