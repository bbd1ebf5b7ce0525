"""The benchmark application on the host, one program a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmark_models import fully_connected_keywords, streaming
from host_benchmark import HostBenchmark, compile_host_benchmark
from skipstone.tools.mlperf.client import BenchmarkClient
from skipstone.tools.mlperf.firmware import BenchmarkModel, read_benchmark_model

MODELS = {
    "int8": fully_connected_keywords,
    "uint8": lambda: fully_connected_keywords(is_unsigned=True),
    "ctc": streaming,
    "transducer": lambda: streaming("transducer"),
}


@pytest.fixture(scope="module", params=MODELS)
def any_program(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[BenchmarkModel, Path]:
    """Each model, and its program."""
    model = read_benchmark_model(MODELS[request.param](), request.param)
    return model, compile_host_benchmark(model, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def keyword_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the int8 keyword model."""
    model = read_benchmark_model(fully_connected_keywords(), "keywords")
    return compile_host_benchmark(model, tmp_path_factory.mktemp("keywords"))


@pytest.fixture
def client(keyword_program: Path) -> Iterator[BenchmarkClient]:
    """A fresh device with the int8 keyword model, and its client."""
    with HostBenchmark(keyword_program) as device, BenchmarkClient(device.port) as opened:
        yield opened
