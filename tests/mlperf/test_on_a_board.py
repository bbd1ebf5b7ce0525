"""``skipstone mlperf`` as a command: bad input, and a keyword model on a virtual Cortex-M4.

The hardware-in-the-loop tests run the interface on every board.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmark_models import fully_connected_keywords
from skipstone.firmware.codegen.boards import load_board
from skipstone.tools import virtual
from skipstone.tools.flash.rsp import GdbRemote
from skipstone.tools.mlperf.client import BenchmarkClient
from skipstone.tools.mlperf.errors import MlperfError
from skipstone.tools.mlperf.firmware import build_benchmark, read_benchmark_model

BOARD = "mps2-an386"
UART_DIVIDER = 0x10
"""Register BAUDDIV of the CMSDK UART."""


@pytest.fixture
def own_boards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Virtual boards that no other test flashes; the paths of their sockets must be short."""
    with tempfile.TemporaryDirectory(prefix="ss") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "keywords.tflite"
    path.write_bytes(fully_connected_keywords())
    return path


def mlperf(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "skipstone.tools.cli.main", "mlperf", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model-id", "KWS 01"), "'KWS 01' is no model identifier"),
        (("--baud", "300"), "300 bits a second are out of range"),
        (("--steps", "4"), "has no state: one inference is one step, not 4"),
    ],
)
def test_settings_that_cannot_be_built(
    model: Path, tmp_path: Path, arguments: tuple[str, str], message: str
) -> None:
    image = tmp_path / "image.elf"
    done = mlperf("build", model, "--board", BOARD, "-o", image, "--work", tmp_path / "work", *arguments)
    assert done.returncode == 1
    assert message in done.stderr and "remedy:" in done.stderr and "Traceback" not in done.stderr
    assert not image.exists()


def test_inputs_that_do_not_fit_are_refused_before_anything_is_built(model: Path, tmp_path: Path) -> None:
    (tmp_path / "short.bin").write_bytes(bytes(17))
    outcome, work = tmp_path / "outcome.json", tmp_path / "work"
    arguments = ("--data", tmp_path / "short.bin", "--json", outcome, "--work", work)
    done = mlperf("run", model, "--board", BOARD, *arguments)
    assert done.returncode == 1
    assert "17 bytes are no whole number of steps of 490" in done.stderr
    assert not outcome.exists() and not work.exists()


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "a.tflite").write_bytes(b"no model")
    done = mlperf("build", tmp_path / "a.tflite", "--board", BOARD, "--work", tmp_path / "work")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and not (tmp_path / "work").exists()


@pytest.mark.usefixtures("own_boards")
def test_both_modes_on_a_board(model: Path, tmp_path: Path) -> None:
    common = (model, "--board", BOARD, "--work", tmp_path / "work")
    done = mlperf("run", *common, "--count", 3, "--json", tmp_path / "accuracy.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"kws01 on {BOARD}: 3 results, every byte is stock TFLM's\n"
    assert json.loads((tmp_path / "accuracy.json").read_text())["different"] == []
    performance = ("--mode", "performance", "--inferences", 4, "--warmups", 1, "--loops", 3)
    done = mlperf("run", *common, *performance, "--json", tmp_path / "performance.json")
    assert done.returncode == 0, done.stderr
    outcome = json.loads((tmp_path / "performance.json").read_text())
    assert (outcome["kind"], outcome["inferences"], len(outcome["microseconds"])) == ("modelled", 4, 3)
    assert max(outcome["microseconds"]) - min(outcome["microseconds"]) <= 1, (
        "the same work, whole microseconds"
    )
    assert "inferences/s (modelled)" in done.stdout
    assert not virtual.running()


@pytest.mark.usefixtures("own_boards")
def test_the_divider_of_the_serial_port_follows_the_baud_rate(tmp_path: Path) -> None:
    """The emulated port is as fast at any rate, so the register is what tells."""
    board = load_board(BOARD)
    model = read_benchmark_model(fully_connected_keywords(), "keywords")
    for baud in (9600, 115_200):
        elf = tmp_path / f"{baud}.elf"
        build_benchmark(model, board, tmp_path / "work", elf, baud=baud)
        running = virtual.start(board, elf)
        try:
            with BenchmarkClient(running.port, baud) as client:
                assert client.name() == BOARD
            with GdbRemote(running.gdb_port) as remote:
                divider = int.from_bytes(remote.read(board.uart.base + UART_DIVIDER, 4), "little")
        finally:
            virtual.stop(board.name)
        assert divider == board.clock_hz // baud


def test_a_baud_rate_that_no_board_has(tmp_path: Path) -> None:
    model = read_benchmark_model(fully_connected_keywords(), "keywords")
    with pytest.raises(MlperfError, match="out of range"):
        build_benchmark(model, load_board(BOARD), tmp_path, tmp_path / "a.elf", baud=2_000_000)
    assert list(tmp_path.iterdir()) == []
