"""Every command of the benchmark's serial interface, right and wrong, on the host with sanitizers."""

from __future__ import annotations

import os
import select
from pathlib import Path

import pytest
from host_benchmark import HostBenchmark
from skipstone.tools.mlperf.client import BenchmarkClient

WIDTH = 490


def converse(program: Path, sent: bytes, marks: int) -> bytes:
    """All that a device writes to ``sent``, which holds ``marks`` end marks, until it has been silent."""
    with HostBenchmark(program) as device:
        port = os.open(device.port, os.O_RDWR | os.O_NOCTTY)
        try:
            received = _listen(port, 0, 0.3)
            assert received == b"", "it wrote unasked"
            os.write(port, sent)
            return _listen(port, marks, 0.3)
        finally:
            os.close(port)


def _listen(port: int, marks: int, silence: float) -> bytes:
    received = b""
    while True:
        patience = silence if received.count(b"m-ready\r\n") >= marks else 10.0
        if not select.select([port], [], [], patience)[0]:
            return received
        received += os.read(port, 65536)


def test_it_is_silent_until_asked_and_ready_once_a_command(keyword_program: Path) -> None:
    received = converse(keyword_program, b"%name%\r\nprofile%nonsense%%", 5)
    assert received == (
        b"m-ready\r\n"
        b"m-name-dut-[host]\r\nm-ready\r\n"
        b"m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[kws01]\r\nm-ready\r\n"
        b"e-[Unknown command: nonsense]\r\nm-ready\r\n"
        b"m-ready\r\n"
    )


def test_a_command_may_come_with_many_blanks(keyword_program: Path) -> None:
    assert (
        converse(keyword_program, b"   db    load   490  %", 1) == b"m-[Expecting 490 bytes]\r\nm-ready\r\n"
    )


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("NAME", "e-[Unknown command: NAME]"),
        ("na\tme", "e-[Unknown command: na?me]"),
        ("x" * 80, f"e-[Unknown command: {'x' * 80}]"),
        ("x" * 81, "e-[Command longer than 80 characters]"),
        ("x" * 20_000, "e-[Command longer than 80 characters]"),
        ("db " + "00" * 39, "e-[Command longer than 80 characters]"),
        ("name now", "e-[Too many arguments]"),
        ("infer 1 0 0", "e-[Too many arguments]"),
        ("db print 1 2 3", "e-[Too many arguments]"),
        ("db load 490 1", "e-[Too many arguments]"),
        ("db 00 11", "e-[Too many arguments]"),
        ("db", "e-[Command 'db' requires a subcommand]"),
        ("db load", "e-[Command 'db load' must be >0 bytes]"),
        ("db load 0", "e-[Command 'db load' must be >0 bytes]"),
        ("db load -490", "e-[Command 'db load' must be >0 bytes]"),
        ("db load 49O", "e-[Command 'db load' must be >0 bytes]"),
        ("db load 99999999999", "e-[Command 'db load' must be >0 bytes]"),
        ("db load 980", "e-[Supplied buffer size 980 exceeds maximum of 490]"),
        ("db load 489", "e-[Supplied buffer size 489 is no multiple of 490]"),
        ("db 00", "e-['db load' must come first]"),
        ("db 0", "e-[Insufficent number of hex digits]"),
        ("db 0g", "e-[Invalid hex digit '0g']"),
        ("db 00-1", "e-[Invalid hex digit '-1']"),
        ("db print x", "e-[Command 'db print' takes two numbers]"),
        ("infer", "e-[Input is not loaded: 0 of 490 bytes]"),
        ("infer 1 0", "e-[Input is not loaded: 0 of 490 bytes]"),
        ("infer 0", "e-[Inference iterations must be >0]"),
        ("infer -1", "e-[Inference iterations must be >0]"),
        ("infer 4294967297", "e-[Inference iterations must be >0]"),
        ("infer 1 -1", "e-[Inference warmup must be >=0]"),
        ("infer one", "e-[Inference iterations must be >0]"),
        ("results", "e-[No result: 'infer' must come first]"),
    ],
)
def test_wrong_commands_are_refused_with_one_line(client: BenchmarkClient, command: str, reply: str) -> None:
    assert client.command(command) == [reply]
    assert client.name() == "host"


def test_input_arrives_in_pieces_and_is_shown(client: BenchmarkClient) -> None:
    data = bytes(range(256)) * 2
    assert client.command(f"db load {WIDTH}") == ["m-[Expecting 490 bytes]"]
    assert client.command("db print") == []
    assert client.command(f"db {data[:31].hex()}") == []
    assert client.command(f"db {data[31:33].hex().upper()}") == []
    assert client.command("db print 18 1") == [
        "m-buffer-01-02-03-04-05-06-07-08",
        "m-buffer-09-0a-0b-0c-0d-0e-0f-10",
        "m-buffer-11-12",
    ]
    assert client.command("db print 9 30") == ["m-buffer-1e-1f-20"]
    assert client.command("db print 9 33") == []
    assert client.command("infer 1 0") == ["e-[Input is not loaded: 33 of 490 bytes]"]


def test_a_refused_piece_adds_nothing(client: BenchmarkClient) -> None:
    client.command(f"db load {WIDTH}")
    for start in range(0, 480, 32):
        assert client.command(f"db {bytes(32).hex()}") == [], start
    assert client.command(f"db {bytes(11).hex()}") == ["e-[More bytes than 'db load' announced]"]
    assert client.command(f"db {bytes(9).hex()}0x") == ["e-[Invalid hex digit '0x']"]
    assert client.command(f"db {bytes(10).hex()}") == ["m-load-done"]
    assert client.command("db 00") == ["e-[More bytes than 'db load' announced]"]
    assert client.command("infer 2 1")[-2] == "m-infer-done"


def test_a_new_load_forgets_the_old_input(client: BenchmarkClient) -> None:
    client.load(bytes(WIDTH))
    client.infer()
    client.command(f"db load {WIDTH}")
    assert client.command("infer 1 0") == ["e-[Input is not loaded: 0 of 490 bytes]"]
    assert len(client.results()) == 12


def test_infer_reports_in_the_order_of_the_reference(client: BenchmarkClient) -> None:
    client.load(bytes(WIDTH))
    lines = client.command("infer 3 2")
    assert lines[:3] == ["m-warmup-start-2", "m-warmup-done", "m-infer-start-3"]
    assert [line.rpartition("-")[0] for line in lines[3:5]] == ["m-lap-us"] * 2
    assert lines[5] == "m-infer-done" and lines[6].startswith("m-results-[") and len(lines) == 7
    assert client.command("results") == lines[6:]
    assert client.command("infer")[:3] == ["m-warmup-start-10", "m-warmup-done", "m-infer-start-1"]
    assert client.command("infer 5")[2] == "m-infer-start-5"


def test_time_is_the_counters(client: BenchmarkClient) -> None:
    """The host's counter advances by 20 cycles a reading and runs at 1 MHz; an inference reads it once."""
    first = client.timestamp()
    assert client.timestamp() == first + 20
    client.load(bytes(WIDTH))
    assert client.infer(7, 3).microseconds == 20 * (7 + 1)


def test_help_names_every_command(client: BenchmarkClient) -> None:
    text = "\n".join(client.command("help"))
    for command in ("name", "profile", "timestamp", "db load", "db HH", "db print", "infer", "results"):
        assert command in text
