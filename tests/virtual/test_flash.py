"""Firmware is written over the debug port, verified, and runs; what does not suit the board is refused."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from skipstone.firmware.codegen.boards import load_board
from skipstone.tools import virtual
from skipstone.tools.flash import FlashError, flash, flasher_for, pyocd
from skipstone.tools.flash.rsp import GdbRemote

from .conftest import BOARDS, ask

BOARD = "mps2-an386"


@pytest.mark.parametrize("name", BOARDS)
def test_a_running_board_is_flashed_again(name: str, test_firmware: Callable[..., Path]) -> None:
    """Code that has been translated is replaced, and the counts of the new image are as exact as before."""
    board = virtual.start(name, test_firmware(name, 1))
    before = ask(board.port, "c")
    for image_id in (2, 1, 3):
        result = flash(name, test_firmware(name, image_id))
        assert result.verified
        assert ask(board.port, "h") == [image_id]
        assert ask(board.port, "c") == before


def test_progress_ends_at_the_whole_image(test_firmware: Callable[..., Path]) -> None:
    virtual.start(BOARD)
    seen: dict[str, tuple[int, int]] = {}
    result = flash(BOARD, test_firmware(BOARD), progress=lambda phase, *done: seen.update({phase: done}))
    assert seen == dict.fromkeys(("write", "verify"), (result.written_bytes, result.written_bytes))


@pytest.mark.parametrize(("target", "built_for"), [("mps2-an505", BOARD), (BOARD, "mps3-an547")])
def test_an_image_for_another_core_is_refused(
    target: str, built_for: str, test_firmware: Callable[..., Path]
) -> None:
    board = virtual.start(target, test_firmware(target, 7))
    with pytest.raises(FlashError, match="is built for Armv"):
        flash(target, test_firmware(built_for))
    assert ask(board.port, "h") == [7], "the old firmware still runs"


def test_an_image_for_another_memory_map_is_refused(test_firmware: Callable[..., Path]) -> None:
    virtual.start(BOARD)
    with pytest.raises(FlashError, match=f"is not memory of board '{BOARD}'"):
        flash(BOARD, test_firmware("netduinoplus2"))


@pytest.mark.parametrize("content", [b"", b"no ELF at all", b"\x7fELF\x01\x01\x01" + bytes(45)])
def test_a_file_that_is_no_firmware_is_refused(content: bytes, tmp_path: Path) -> None:
    virtual.start(BOARD)
    path = tmp_path / "firmware.elf"
    path.write_bytes(content)
    with pytest.raises(FlashError):
        flash(BOARD, path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    virtual.start(BOARD)
    with pytest.raises(FlashError, match="No such file"):
        flash(BOARD, tmp_path / "absent.elf")


def test_verification_finds_a_byte_that_was_not_kept(
    monkeypatch: pytest.MonkeyPatch, test_firmware: Callable[..., Path]
) -> None:
    virtual.start(BOARD)
    write = GdbRemote.write
    monkeypatch.setattr(
        GdbRemote, "write", lambda self, at, data, done: write(self, at, data[:-1] + b"\x5a", done)
    )
    with pytest.raises(FlashError, match="verification failed at 0x"):
        flash(BOARD, test_firmware(BOARD))


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(FlashError, match="cannot be flashed by 'dfu'"):
        flasher_for(load_board(BOARD), "dfu")


def test_pyocd_is_called_with_target_and_probe(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, test_firmware: Callable[..., Path]
) -> None:
    """The stock pyocd is given the part's name; a stand-in records its command line."""
    log = tmp_path / "called"
    fake = tmp_path / "pyocd"
    fake.write_text(
        f"#!{sys.executable}\nimport sys\nopen({str(log)!r}, 'w').write(' '.join(sys.argv[1:]))\n"
    )
    fake.chmod(0o755)
    monkeypatch.setattr(pyocd.shutil, "which", lambda _: str(fake))
    monkeypatch.setattr(pyocd.sys, "executable", str(tmp_path / "bin" / "python"))
    elf = test_firmware("netduinoplus2")
    result = flash("netduinoplus2", elf, method="pyocd", probe="0123")
    assert result.method == "pyocd"
    assert log.read_text() == f"load --target stm32f405rg --format elf --no-config --probe 0123 {elf}"


def test_pyocd_failures_are_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, test_firmware: Callable[..., Path]
) -> None:
    fake = tmp_path / "pyocd"
    fake.write_text("#!/bin/sh\necho 'No available debug probes are connected' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(pyocd.shutil, "which", lambda _: str(fake))
    monkeypatch.setattr(pyocd.sys, "executable", str(tmp_path / "bin" / "python"))
    with pytest.raises(FlashError, match="No available debug probes"):
        flash("netduinoplus2", test_firmware("netduinoplus2"), method="pyocd")
