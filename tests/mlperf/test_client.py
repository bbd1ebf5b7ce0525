"""The client against devices that break the protocol, over a real pseudo terminal."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from skipstone.tools.mlperf.client import BenchmarkClient
from skipstone.tools.mlperf.errors import CommandRefusedError, MlperfError

READY = "m-ready\r\n"
Answer = Callable[[str], str]


@contextmanager
def device(answer: Answer) -> Iterator[str]:
    """A device that replies to each command with what ``answer`` returns; yields the path of its port."""
    device_end, host_end = pty.openpty()
    tty.setraw(host_end)

    def serve() -> None:
        received = b""
        while True:
            try:
                received += os.read(device_end, 4096)
            except OSError:
                return
            while b"%" in received:
                command, _, received = received.partition(b"%")
                if command == b"stop":
                    return
                os.write(device_end, answer(command.decode()).encode("latin-1"))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield os.ttyname(host_end)
    finally:
        os.write(host_end, b"%stop%")
        thread.join()
        os.close(host_end)
        os.close(device_end)


@contextmanager
def connected(answer: Answer, line_seconds: float = 5.0) -> Iterator[BenchmarkClient]:
    """A client of such a device."""
    with device(answer) as port, BenchmarkClient(port, line_seconds=line_seconds) as client:
        yield client


def only(command: str, reply: str) -> Answer:
    """Ready to everything; ``reply`` to ``command``."""
    return lambda asked: reply if asked.startswith(command) else READY


GOOD = "m-warmup-start-0\r\nm-warmup-done\r\nm-infer-start-1\r\nm-lap-us-5\r\nm-lap-us-9\r\nm-infer-done\r\n"


def test_a_sound_reply_is_understood() -> None:
    with connected(only("infer", f"{GOOD}m-results-[0.5,-1.25]\r\n{READY}")) as client:
        outcome = client.infer()
    assert (outcome.results, outcome.microseconds) == ((0.5, -1.25), 4)


@pytest.mark.parametrize(
    "reply",
    [
        READY,
        f"{GOOD}{READY}",
        f"{GOOD}m-results-[]\r\n{READY}",
        f"{GOOD}m-results-[a]\r\n{READY}",
        f"{GOOD.replace('m-lap-us-9', 'm-lap-us-x')}m-results-[1]\r\n{READY}",
        f"{GOOD.replace('m-warmup-start-0', 'm-warmup-start-7')}m-results-[1]\r\n{READY}",
        f"{GOOD}m-results-[1]\r\nm-results-[1]\r\n{READY}",
        f"\xff{GOOD}m-results-[1]\r\n{READY}",
    ],
)
def test_another_reply_to_infer_is_an_error(reply: str) -> None:
    with connected(only("infer", reply)) as client, pytest.raises(MlperfError, match="unexpected") as caught:
        client.infer()
    assert "breaks the protocol" in caught.value.remedy


def test_a_second_ready_is_an_error() -> None:
    with connected(only("name", f"m-name-dut-[x]\r\n{READY}{READY}")) as client:
        assert client.name() == "x"
        with pytest.raises(MlperfError, match="wrote unasked"):
            for _ in range(50):
                client.command("name")


def test_a_refusal_shows_the_line() -> None:
    refusal = pytest.raises(CommandRefusedError, match=r"refuses 'db load 3': e-\[no\]")
    with connected(only("db", f"e-[no]\r\n{READY}")) as client, refusal:
        client.load(b"abc")


def test_input_that_is_not_confirmed_is_an_error() -> None:
    with connected(only("", READY)) as client, pytest.raises(MlperfError, match="did not confirm 3 bytes"):
        client.load(b"abc")


def test_silence_ends_with_an_error() -> None:
    refusal = pytest.raises(MlperfError, match=r"does not answer 'name' within 0\.3 s")
    with connected(only("name", "m-name-dut-[x]\r\n"), line_seconds=0.3) as client, refusal:
        client.name()


def test_what_was_under_way_before_is_dropped() -> None:
    """The first end mark closes somebody else's half command; its reply is not ours."""
    asked: list[str] = []

    def answer(command: str) -> str:
        asked.append(command)
        return f"e-[Unknown command: x]\r\n{READY}" if len(asked) == 1 else f"m-name-dut-[x]\r\n{READY}"

    with device(answer) as port, BenchmarkClient(port) as client:
        assert client.name() == "x"


def test_a_port_that_is_not_there() -> None:
    with pytest.raises(MlperfError, match="cannot open /nowhere/tty"):
        BenchmarkClient("/nowhere/tty")
