"""The serial interface of MLPerf Tiny: results through it are TFLM's bytes, wrong commands do no harm.

A board of its own is started for each image; on hardware, `skipstone mlperf run --port PORT` does the same.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from skipstone.firmware.codegen.boards import Board
from skipstone.tools.mlperf.client import BenchmarkClient
from skipstone.tools.mlperf.dataset import random_samples
from skipstone.tools.mlperf.firmware import BenchmarkModel, build_benchmark, read_benchmark_model
from skipstone.tools.mlperf.modes import run_accuracy, run_performance
from skipstone.tools.mlperf.session import benchmark_board

from .keyword_model import keyword_model

INPUTS, STREAM_STEPS = 3, 12
BAUDS = {"keywords": 115_200, "stream": 9600}
"""Models: the benchmark's own keyword task, and the model under test as a stream; both baud rates."""


@dataclass(frozen=True)
class Bench:
    """A device that runs the benchmark application."""

    client: BenchmarkClient
    model: BenchmarkModel


@pytest.fixture(scope="module", params=BAUDS)
def bench(
    request: pytest.FixtureRequest, board: Board, model_bytes: bytes, pytestconfig: pytest.Config
) -> Iterator[Bench]:
    if pytestconfig.getoption("--port") is not None:
        pytest.skip("it would replace the firmware under test; run `skipstone mlperf run --port PORT`")
    is_keywords = request.param == "keywords"
    data, steps = (keyword_model(), None) if is_keywords else (model_bytes, STREAM_STEPS)
    model, baud = read_benchmark_model(data, request.param, steps), BAUDS[request.param]
    cache = pytestconfig.cache
    kept = cache.mkdir("skipstone") if cache else pytestconfig.rootpath / "build" / "hil"
    work = kept / board.name / f"mlperf-{request.param}"
    build_benchmark(model, board, work, work / "firmware.elf", baud=baud)
    with tempfile.TemporaryDirectory(prefix="ss") as boards, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", boards)  # the session's own board goes on undisturbed
        with benchmark_board(board, work / "firmware.elf", baud) as client:
            yield Bench(client, model)


def test_results_are_tflms(bench: Bench, board: Board) -> None:
    outcome = run_accuracy(bench.client, bench.model, random_samples(bench.model, INPUTS))
    assert (outcome.different, outcome.inputs) == ((), INPUTS)
    assert (outcome.device, outcome.model) == (board.name, "kws01")


def test_time_grows_with_the_inferences(bench: Bench) -> None:
    samples = random_samples(bench.model, 1)
    one, four = (
        run_performance(bench.client, samples, "modelled", 1, count, 0).microseconds[0] for count in (1, 4)
    )
    assert 3.5 * one < four < 4.5 * one
    first = bench.client.timestamp()
    assert bench.client.timestamp() > first


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("nonsense", "Unknown command"),
        ("x" * 5000, "longer than 80"),
        ("db 0g", "Invalid hex digit"),
        ("db 012", "number of hex digits"),
        ("db load 1000000", "exceeds maximum"),
        ("db load 7", "is no multiple"),
        ("infer 0", "must be >0"),
        ("infer 1 x", "must be >=0"),
    ],
)
def test_a_wrong_command_is_refused_once(bench: Bench, command: str, error: str) -> None:
    (line,) = bench.client.command(command)
    assert line.startswith("e-[") and error in line
    assert bench.client.model() == "kws01"


def test_nothing_runs_without_input(bench: Bench) -> None:
    bench.client.command(f"db load {bench.model.width}")
    (line,) = bench.client.command("infer 1 0")
    assert line == f"e-[Input is not loaded: 0 of {bench.model.width} bytes]"
    bench.client.command(f"db {bytes(31).hex()}")
    (line,) = bench.client.command(f"db {bytes(31).hex()}{bytes(7).hex()}0")
    assert line == "e-[Insufficent number of hex digits]"
    (line,) = bench.client.command("infer 1 0")
    assert line == f"e-[Input is not loaded: 31 of {bench.model.width} bytes]"
    bench.client.load(bytes(bench.model.width))
    (line,) = bench.client.command("db 00")
    assert line == "e-[More bytes than 'db load' announced]"
    assert len(bench.client.infer().results) == bench.model.results
