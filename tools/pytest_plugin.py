"""Pytest plugin for hardware-in-the-loop tests: ``--board``, ``--port``, ``--model``, a flashed ``device``.

Registered under the entry point group ``pytest11``, so a project of your own gets the same fixtures from
``pip install skipstone``: a test that takes ``device`` runs on the board that the command line names.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from skipstone.firmware.codegen.boards import Board
    from skipstone.tools.device import Device

DEFAULT_BOARD = "mps2-an386"
COMMANDS = Path("models") / "commands"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of Skipstone's fixtures."""
    group = parser.getgroup("skipstone", "Skipstone: hardware in the loop")
    group.addoption("--board", default=DEFAULT_BOARD, help=f"board name or folder (default: {DEFAULT_BOARD})")
    group.addoption(
        "--port", default=None, help="serial port of a real board; without it the board is virtual"
    )
    group.addoption(
        "--model", default=None, help="the .tflite (default: models/commands, else random weights)"
    )
    group.addoption("--npu", default=None, help="the NPU that runs the blocks, such as ethos-u55-128")
    group.addoption("--probe", default=None, help="unique ID of the debug probe of a real board")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which board is tested, if one was named."""
    if not any(argument.startswith(("--board", "--port")) for argument in config.invocation_params.args):
        return None
    port = config.getoption("--port")
    return f"skipstone: board {config.getoption('--board')}, {f'port {port}' if port else 'virtual'}"


@pytest.fixture(scope="session")
def board(pytestconfig: pytest.Config) -> Board:
    """The board that ``--board`` names."""
    from skipstone.firmware.codegen.boards import load_board

    return load_board(pytestconfig.getoption("--board"))


@pytest.fixture(scope="session")
def model_file(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model under test: ``--model``, else that of models/commands, else one with random weights."""
    named = pytestconfig.getoption("--model")
    if named is not None:
        return Path(named)
    from skipstone.quantize.convert.checkpoint import read_checkpoint
    from skipstone.quantize.convert.network import convert
    from skipstone.quantize.convert.random_checkpoint import random_checkpoint

    shipped = pytestconfig.rootpath / COMMANDS
    if (shipped / "model.tflite").is_file():
        return shipped / "model.tflite"
    trained = (shipped / "checkpoint" / "model.toml").is_file()
    checkpoint = read_checkpoint(shipped / "checkpoint") if trained else random_checkpoint(1)
    path = tmp_path_factory.mktemp("model") / ("commands.tflite" if trained else "random.tflite")
    path.write_bytes(convert(checkpoint))
    return path


@pytest.fixture(scope="session")
def model_bytes(model_file: Path) -> bytes:
    """The .tflite."""
    return model_file.read_bytes()


@pytest.fixture(scope="session")
def firmware(board: Board, model_file: Path, pytestconfig: pytest.Config) -> Path:
    """Firmware of the model for the board, generated and built; objects are kept in pytest's cache.

    A ``grammar.toml`` beside the model goes into it. With ``--npu`` the NPU runs what it can.
    """
    from skipstone.firmware.codegen.generate import generate
    from skipstone.tools.build.firmware import build_firmware
    from skipstone.tools.npu.settings import npu_settings

    cache = pytestconfig.cache
    folder = (cache.mkdir("skipstone") if cache else pytestconfig.rootpath / "build" / "hil") / board.name
    accelerator = pytestconfig.getoption("--npu")
    npu = npu_settings(board, accelerator) if accelerator else None
    folder = folder.with_name(f"{board.name}-{accelerator}") if accelerator else folder
    grammar = model_file.with_name("grammar.toml")
    generate(model_file, board, folder / "code", grammar if grammar.is_file() else None, npu)
    build_firmware(folder / "code", board, folder / "firmware.elf")
    return folder / "firmware.elf"


@pytest.fixture(scope="session")
def device(board: Board, firmware: Path, model_bytes: bytes, pytestconfig: pytest.Config) -> Iterator[Device]:
    """The board, flashed with the model under test and open for the whole session.

    A virtual board is started for the session (if it runs already, it is flashed and left running). A real
    board is flashed through its probe, unless it runs the model already.
    """
    from skipstone.tools import virtual
    from skipstone.tools.device import open_device
    from skipstone.tools.flash import flash

    port = pytestconfig.getoption("--port")
    if port is not None:
        if not _runs(board, port, model_bytes):
            flash(board, firmware, probe=pytestconfig.getoption("--probe"))
        with open_device(board, port) as opened:
            yield opened
        return
    ran_before = board.name in {state.name for state in virtual.running()}
    virtual.start(board, firmware)
    try:
        with open_device(board) as opened:
            yield opened
    finally:
        if not ran_before:
            virtual.stop(board.name)


def _runs(board: Board, port: str, model_bytes: bytes) -> bool:
    """Whether the board behind ``port`` answers and runs this very model."""
    from skipstone.tools.device import Device, DeviceTimeoutError

    try:
        with Device(port, board.uart.baud, patience=2.0) as opened:
            return opened.info.model_sha256 == sha256(model_bytes).hexdigest()
    except DeviceTimeoutError:
        return False
