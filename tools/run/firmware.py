"""Stage 3: model and board → generated C → firmware."""

from __future__ import annotations

from pathlib import Path

from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.generate import generate
from skipstone.tools.build.firmware import build_firmware


def make_firmware(model: Path, board: Board, folder: Path) -> Path:
    """Generate ``folder/code`` and build ``folder/firmware.elf``; both stay there for another flash.

    Raises:
        SkipstoneError: the model cannot be generated, does not fit the board, or the compiler refuses it.
    """
    code, elf = folder / "code", folder / "firmware.elf"
    generate(model, board, code)
    build_firmware(code, board, elf)
    return elf
