"""board.toml: own boards are consistent, a user's is found by its path, wrong files are named key by key."""

from __future__ import annotations

import json
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
from skipstone.firmware.codegen.boards import BOARDS_FOLDER, BoardError, board_names, load_board
from skipstone.tools.build.board_files import board_config, linker_script, write_board_files
from skipstone.tools.build.offline_packages import PLATFORM_FOLDER
from skipstone.tools.build.platformio_boards import board_manifest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (BOARDS_FOLDER / "mps2-an386" / "board.toml").read_text(encoding="utf-8")


def test_all_boards_of_the_project_load() -> None:
    assert board_names() == ["mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547", "netduinoplus2"]


@pytest.mark.parametrize("name", board_names())
def test_a_board_is_named_after_its_folder_and_says_where_its_energy_figures_come_from(name: str) -> None:
    board = load_board(name)
    assert board.name == board.folder.name == name
    assert board.energy.source and board.energy.kind == "estimated"


@pytest.mark.parametrize("name", board_names())
def test_platformio_knows_the_board(name: str) -> None:
    board = load_board(name)
    manifest = (PLATFORM_FOLDER / "boards" / f"{name}.json").read_text(encoding="utf-8")
    assert manifest == board_manifest(board), "run: python -m skipstone.tools.build manifests"
    project = ConfigParser()
    project.read(ROOT / "platformio.ini")
    assert project[f"env:{board.platformio.environment}"]["board"] == name
    assert json.loads(manifest)["build"]["cpu"] == board.core


@pytest.mark.parametrize("name", board_names())
def test_linker_script_and_header_carry_the_board(name: str) -> None:
    board = load_board(name)
    script, header = linker_script(board), board_config(board)
    for region in board.memory.values():
        assert f"ORIGIN = {region.origin:#010x}, LENGTH = {region.length:#x}" in script
    assert f". += {board.stack_bytes};" in script
    assert f'#define SS_BOARD_NAME "{name}"' in header
    assert f"#define SS_UART_IRQ {board.uart.irq}" in header


def test_pins_become_port_addresses() -> None:
    header = board_config(load_board("netduinoplus2"))
    assert "SS_UART_TX_PORT 0x40020400u /* PB */" in header
    assert "SS_UART_RX_PIN 7u" in header


def test_unchanged_board_files_are_not_written_again(tmp_path: Path) -> None:
    board = load_board("mps2-an386")
    script = write_board_files(board, tmp_path)
    before = script.stat().st_mtime_ns
    write_board_files(board, tmp_path)
    assert script.stat().st_mtime_ns == before


def test_a_users_board_is_found_by_folder_or_file(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "board.toml").write_text(EXAMPLE.replace('name = "mps2-an386"', 'name = "mine"', 1))
    assert load_board(folder).name == load_board(str(folder / "board.toml")).name == "mine"
    assert load_board(folder).folder == folder


def test_an_unknown_board_lists_the_known_ones() -> None:
    with pytest.raises(BoardError) as caught:
        load_board("nucleo-x")
    assert "nucleo-x" in caught.value.cause and "mps3-an547" in caught.value.remedy


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('core = "cortex-m4"', 'core = "cortex-m0"', "core"),
        ('kernel_variant = "dsp"', 'kernel_variant = "mve"', "cannot run on a cortex-m4"),
        ("clock_hz = 25_000_000", "clock_hz = 0", "clock_hz"),
        ("irq = 0", "interrupt = 0", "uart.irq"),
        ('driver = "cmsdk"', 'driver = "stm32f4"', "needs tx_pin and rx_pin"),
        ("origin = 0x2000_0000", "origin = 0x0020_0000", "flash and ram overlap"),
        ("stack_bytes = 8192", "stack_bytes = 0x40_0000", "leaves no RAM"),
        ('"-mcpu=cortex-m4"', '"-mcpu=cortex-m7"', "cflags lack -mcpu=cortex-m4"),
        ('kind = "estimated"', 'kind = "guessed"', "energy.kind"),
        ("[counter]", "[counters]", "counters"),
        ("[uart]", "[uart", "Expected"),
    ],
)
def test_wrong_files_name_the_key(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in EXAMPLE
    path = tmp_path / "board.toml"
    path.write_text(EXAMPLE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BoardError) as caught:
        load_board(path)
    assert problem in caught.value.cause


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('accelerator = "ethos-u55-128"', 'accelerator = "ethos-u55-512"', "npu.accelerator"),
        ("irq = 56", "irq = 33", "irq is the UART's"),
        ('ram = "sram"', 'ram = "psram"', "[npu] names psram"),
        ('memory = ["flash", "sram"]', 'memory = ["flash"]', "memory lacks sram"),
        ('memory = ["flash", "sram"]', 'memory = ["sram"]', "memory lacks flash"),
        ("irq = 56", "irq = 56\ntimeout_ms = 0", "npu.timeout_ms"),
        ("irq = 56", "irq = 56\npolled = 7", "npu.polled"),
    ],
)
def test_a_wrong_npu_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = (BOARDS_FOLDER / "mps3-an547" / "board.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "board.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BoardError) as caught:
        load_board(path)
    assert problem in caught.value.cause


def test_the_npu_is_in_the_header_and_its_memory_in_the_linker_script() -> None:
    board = load_board("mps3-an547")
    assert board.npu is not None
    assert f"#define SS_NPU_BASE {board.npu.base:#010x}u" in board_config(board)
    assert ".model_memory (NOLOAD) : ALIGN(16) { *(.model_memory) } > SRAM" in linker_script(board)
    other = load_board("mps2-an386")
    assert "SS_NPU" not in board_config(other)
    assert "{ *(.model_memory) } > RAM" in linker_script(other)


def test_several_mistakes_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "board.toml"
    path.write_text(EXAMPLE.replace("irq = 0", "irq = -1").replace("voltage = 1.8", "voltage = 0"))
    with pytest.raises(BoardError, match=r"uart\.irq.*energy\.voltage"):
        load_board(path)


def test_example_parses_as_toml() -> None:
    assert tomllib.loads(EXAMPLE)["memory"]["flash"]["length"] == 4 << 20
