"""Stage 3: model and board → generated C → firmware."""

from __future__ import annotations

from pathlib import Path

from skipstone.firmware.codegen.boards import Board
from skipstone.firmware.codegen.generate import generate
from skipstone.tools.build.firmware import build_firmware
from skipstone.tools.npu.settings import npu_settings

CODE = "code"
"""Folder of the generated C, beside the image."""


def make_firmware(model: Path, board: Board, folder: Path, npu: str | None = None) -> Path:
    """Generate ``folder/code`` and build ``folder/firmware.elf``; both stay there for another flash.

    Args:
        model: the .tflite.
        board: target.
        folder: for code and image.
        npu: accelerator of the board that runs the blocks; without it the CPU does.

    Raises:
        SkipstoneError: the model cannot be generated, does not fit the board, or the compiler refuses it;
            Vela is absent, or the board has another NPU than ``npu``.
    """
    elf = folder / "firmware.elf"
    generate(model, board, folder / CODE, npu=None if npu is None else npu_settings(board, npu))
    build_firmware(folder / CODE, board, elf)
    return elf
