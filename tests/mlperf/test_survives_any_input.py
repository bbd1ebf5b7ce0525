"""Whatever arrives, the application neither crashes (ASan, UBSan) nor hangs: one m-ready an end mark."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from host_benchmark import HostBenchmark
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_SETTINGS = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
_WORDS = ("name", "db", "load", "print", "infer", "results", "490", "0", "1", "7f", "0g", "-3", "x" * 90, "")


@pytest.fixture(scope="module")
def port(keyword_program: Path) -> Iterator[int]:
    """One device for all examples: what one leaves behind, the next has to live with."""
    with HostBenchmark(keyword_program) as device:
        opened = os.open(device.port, os.O_RDWR | os.O_NOCTTY)
        yield opened
        os.close(opened)


def replies(port: int, sent: bytes) -> list[bytes]:
    """Lines of the reply, up to as many ``m-ready`` as ``sent`` has end marks."""
    os.write(port, sent)
    received, deadline = b"", time.monotonic() + 20
    while received.count(b"m-ready\r\n") < sent.count(b"%"):
        assert select.select([port], [], [], deadline - time.monotonic())[0], "it does not answer"
        received += os.read(port, 65536)
    assert received.endswith(b"m-ready\r\n")
    return received.split(b"\r\n")[:-1]


def check(port: int, sent: bytes) -> None:
    """As many ``m-ready`` as end marks, printable lines only, and then it still knows its name."""
    lines = replies(port, sent + b"%")
    assert lines.count(b"m-ready") == sent.count(b"%") + 1
    assert all(0x20 <= byte < 0x7F for line in lines for byte in line)
    assert replies(port, b"name%") == [b"m-name-dut-[host]", b"m-ready"]


@_SETTINGS
@given(noise=st.binary(max_size=400))
def test_noise(port: int, noise: bytes) -> None:
    check(port, noise)


@_SETTINGS
@given(commands=st.lists(st.lists(st.sampled_from(_WORDS), max_size=5).map(" ".join), max_size=6))
def test_words_in_any_order(port: int, commands: list[str]) -> None:
    check(port, "%".join(commands).encode())
