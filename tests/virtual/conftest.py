"""A small bare-metal firmware for every virtual board, and boards in a state folder of the test's own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial
from skipstone.firmware.codegen.boards import Board, board_names, load_board
from skipstone.tools import virtual

FIRMWARE = Path(__file__).parent / "firmware"
BOARDS = [name for name in board_names() if load_board(name).virtual is not None]


def build_test_firmware(board: Board, folder: Path, image_id: int = 1) -> Path:
    """Compile ``firmware/main.c`` for ``board``; ``image_id`` is what command ``h`` answers."""
    code, ram = board.memory[board.code_region], board.memory["ram"]
    script = (FIRMWARE / "link.ld.in").read_text()
    for name, region in (("CODE", code), ("RAM", ram)):
        script = script.replace(f"@{name}_ORIGIN@", hex(region.origin)).replace(
            f"@{name}_LENGTH@", hex(region.length)
        )
    folder.mkdir(parents=True, exist_ok=True)
    linker_script = folder / "link.ld"
    linker_script.write_text(script)
    elf = folder / f"{board.name}-{image_id}.elf"
    defines = [f"-DUART_BASE={board.uart.base:#x}u", f"-DIMAGE_ID={image_id}u"]
    defines.append(f"-DUART_STM32={int(board.uart.driver == 'stm32f4')}")
    flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-nostdlib", "-ffreestanding"]
    command = ["arm-none-eabi-gcc", *board.cflags, *flags, *defines, str(FIRMWARE / "main.c")]
    subprocess.run([*command, "-T", str(linker_script), "-o", str(elf)], check=True)
    return elf


@pytest.fixture(autouse=True)
def own_boards_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Keep the tests' boards apart from the user's, and stop what a test leaves running."""
    folder = tmp_path_factory.mktemp("run")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    for board in virtual.running():
        virtual.stop(board.name)


@pytest.fixture
def test_firmware(tmp_path: Path) -> Callable[..., Path]:
    """``test_firmware(board, image_id=1)`` compiles the test firmware."""
    return lambda name, image_id=1: build_test_firmware(load_board(name), tmp_path / "build", image_id)


def ask(port: Path, command: str) -> list[int]:
    """Send one command byte and read the words of the reply.

    A byte that arrives before the firmware has set up its receiver is lost, as on hardware: it is sent again.
    """
    with serial.Serial(str(port), timeout=2) as link:
        for _ in range(5):
            link.reset_input_buffer()
            link.write(command.encode())
            reply = link.readline()
            if reply.endswith(b"\n"):
                return [int(word, 16) for word in reply.split()]
    raise TimeoutError(f"no reply to '{command}' on {port}")
