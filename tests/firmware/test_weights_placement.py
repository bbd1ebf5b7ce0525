"""Weights lie in the region that board.toml names, filled from flash at start-up; the model is the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from qemu_board import QemuBoard
from skipstone.firmware.codegen.boards import Board, BoardError, load_board
from skipstone.firmware.codegen.errors import BoardLimitError
from skipstone.firmware.codegen.generate import generate
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.tools.build.board_files import linker_script
from skipstone.tools.build.firmware import build_firmware
from skipstone.tools.protocol import messages as m

SMALL = {"d_model": 16, "layers": 1, "heads": 2, "head_dim": 8, "positions": 4, "ffn": 16}


def placed(folder: Path, name: str, region: str) -> Board:
    """A board of the project whose weights go elsewhere; its file lies in ``folder``."""
    own = load_board(name).folder / "board.toml"
    (folder / "board.toml").write_text(f'weights = "{region}"\n{own.read_text()}')
    return load_board(folder)


def weights_address(elf: Path) -> int:
    """Where the section of weights lies at run time."""
    with elf.open("rb") as file:
        section = ELFFile(file).get_section_by_name(".weights")
        assert section is not None and section["sh_size"] > 1000
        return int(section["sh_addr"])


@pytest.mark.parametrize(
    ("name", "region"), [("mps2-an386", "flash"), ("mps2-an386", "ram"), ("mps3-an547", "code")]
)
def test_the_model_computes_from_weights_anywhere(name: str, region: str, tmp_path: Path) -> None:
    board = placed(tmp_path, name, region)
    model = tmp_path / "model.tflite"
    model.write_bytes(convert(random_checkpoint(1, **SMALL)))
    generate(model, board, tmp_path / "c")
    elf = build_firmware(tmp_path / "c", board, tmp_path / "firmware.elf").elf
    place = board.memory[region]
    assert place.origin <= weights_address(elf) < place.end
    with QemuBoard(board, elf) as running:
        tests = m.SelfTests.WEIGHTS | m.SelfTests.KERNELS
        reply = running.ask(m.SelfTestRequest(tests))
        assert isinstance(reply, m.SelfTestReply)
        assert reply.failed == 0 and reply.weight_segments > 5


def test_weights_that_do_not_fit_their_region_are_refused(tmp_path: Path) -> None:
    board = placed(tmp_path, "netduinoplus2", "ram")
    model = tmp_path / "model.tflite"
    model.write_bytes(convert(random_checkpoint(1)))
    with pytest.raises(BoardLimitError, match="with its weights in ram") as caught:
        generate(model, board, tmp_path / "c")
    assert "flash" in caught.value.remedy
    assert not (tmp_path / "c").exists()


def test_an_unknown_region_is_named(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match=r"weights = 'tcm', but \[memory\] has flash, ram"):
        placed(tmp_path, "mps2-an386", "tcm")


def test_the_script_keeps_weights_in_flash_unless_told(tmp_path: Path) -> None:
    assert "} > FLASH\n    ss_weights_load" in linker_script(load_board("mps2-an386"))
    assert "} > RAM AT > FLASH\n    ss_weights_load" in linker_script(placed(tmp_path, "mps2-an386", "ram"))
