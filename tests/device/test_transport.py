"""The serial transport over a real pseudo terminal, and the choice of a port."""

from __future__ import annotations

import os
import pty
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skipstone.firmware.codegen.boards import load_board
from skipstone.tools import virtual
from skipstone.tools.device import DeviceError, open_device
from skipstone.tools.device.transport import SerialTransport


@pytest.fixture(scope="module")
def terminal() -> Iterator[tuple[int, str]]:
    """The board's end (a file descriptor) and the host's end (a path) of a pseudo terminal."""
    board_end, host_end = pty.openpty()
    yield board_end, os.ttyname(host_end)
    os.close(board_end)
    os.close(host_end)


@given(st.lists(st.binary(min_size=1, max_size=40).map(lambda b: b.replace(b"\0", b"x")), max_size=8))
@settings(max_examples=30, deadline=None)
def test_frames_are_split_at_zero_bytes(terminal: tuple[int, str], frames: list[bytes]) -> None:
    board_end, path = terminal
    transport = SerialTransport(path)
    os.write(board_end, b"\0" + b"".join(frame + b"\0\0" for frame in frames))
    received = [transport.receive(time.monotonic() + 2) for _ in frames]
    assert received == frames
    transport.close()


def test_silence_ends_at_the_deadline(terminal: tuple[int, str]) -> None:
    transport = SerialTransport(terminal[1])
    begin = time.monotonic()
    assert transport.receive(begin + 0.1) is None
    assert time.monotonic() - begin < 2
    transport.close()


def test_a_missing_port_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="cannot open"):
        SerialTransport(tmp_path / "tty")


def test_a_port_in_use_is_refused(terminal: tuple[int, str]) -> None:
    holder = SerialTransport(terminal[1])
    with pytest.raises(DeviceError, match="cannot open"):
        SerialTransport(terminal[1])
    holder.close()


def test_neither_board_nor_port_is_refused() -> None:
    with pytest.raises(DeviceError, match="no board and no port"), open_device():
        pass


def test_a_blank_virtual_board_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    try:
        with pytest.raises(DeviceError, match="is blank") as caught, open_device("mps2-an386"):
            pass
        assert "skipstone flash" in caught.value.remedy
    finally:
        virtual.stop("mps2-an386")


def test_a_real_board_needs_a_port() -> None:
    real = load_board("netduinoplus2").model_copy(update={"virtual": None})
    with pytest.raises(virtual.VirtualBoardError, match="no virtual twin") as caught, open_device(real):
        pass
    assert "--port" in caught.value.remedy
