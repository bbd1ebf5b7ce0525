"""Results that come back as text are stock TFLM's bytes, for every type of result and head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmark_models import fully_connected_keywords, streaming
from host_benchmark import HostBenchmark
from skipstone.quantize.tflite.options import FullyConnectedOptions
from skipstone.quantize.tflite.writer import ModelWriter
from skipstone.tools.mlperf.client import BenchmarkClient
from skipstone.tools.mlperf.dataset import random_samples
from skipstone.tools.mlperf.errors import MlperfError
from skipstone.tools.mlperf.firmware import BenchmarkModel, read_benchmark_model
from skipstone.tools.mlperf.modes import quantized, run_accuracy, run_performance


def test_every_result_is_tflms(any_program: tuple[BenchmarkModel, Path]) -> None:
    model, program = any_program
    samples = random_samples(model, 12)
    assert len({len(sample.data) for sample in samples}) > 1 or model.most_steps == 1
    with HostBenchmark(program) as device, BenchmarkClient(device.port) as client:
        outcome = run_accuracy(client, model, samples)
    assert (outcome.inputs, outcome.different) == (12, ())
    assert (outcome.device, outcome.model) == ("host", "kws01")


def test_performance_takes_the_median_of_the_loops(any_program: tuple[BenchmarkModel, Path]) -> None:
    model, program = any_program
    with HostBenchmark(program) as device, BenchmarkClient(device.port) as client:
        outcome = run_performance(client, random_samples(model, 2), "modelled", inferences=4, warmups=1)
    assert outcome.microseconds == (100,) * 5, "5 readings of 20 cycles at 1 MHz"
    assert outcome.median_per_second == pytest.approx(40_000)


@pytest.mark.parametrize("is_unsigned", [False, True])
@pytest.mark.parametrize("scale", [1e-5, 1 / 256, 0.11, 1e5])
def test_text_of_eight_decimals_tells_every_value(is_unsigned: bool, scale: float) -> None:
    model = read_benchmark_model(fully_connected_keywords(is_unsigned, scale), "keywords")
    every = np.arange(256) if is_unsigned else np.arange(-128, 128)
    for row in np.resize(every, (22, 12)):
        texts = [f"{model.scale * (int(q) - model.zero_point):.8f}" for q in row]
        found = quantized(model, [float(text) for text in texts])
        assert np.array_equal(found.view(np.uint8 if is_unsigned else np.int8), row)


@pytest.mark.parametrize(
    "results", [(0.77,) * 11, (0.05,) + (0.77,) * 11, (99.0,) + (0.77,) * 11, (-99.0,) + (0.77,) * 11]
)
def test_results_of_another_model_are_refused(results: tuple[float, ...]) -> None:
    model = read_benchmark_model(fully_connected_keywords(), "keywords")
    with pytest.raises(MlperfError, match=r"are not 12 values of scale 0\.11"):
        quantized(model, results)


def test_steps_of_a_model() -> None:
    assert read_benchmark_model(fully_connected_keywords(), "keywords").most_steps == 1
    assert read_benchmark_model(streaming(), "streaming").most_steps == 25
    assert read_benchmark_model(streaming("transducer"), "streaming", 3).most_steps == 3
    with pytest.raises(MlperfError, match="has no state: one inference is one step, not 3"):
        read_benchmark_model(fully_connected_keywords(), "keywords", 3)


def test_a_scale_that_text_does_not_carry_is_refused() -> None:
    with pytest.raises(MlperfError, match="have scale 1e-09"):
        read_benchmark_model(fully_connected_keywords(scale=1e-9), "keywords")


def test_int16_is_refused() -> None:
    writer = ModelWriter("wide")
    graph = writer.subgraph("main")
    x = graph.input("features", (1, 4), "int16", scale=0.001)
    weights = graph.tensor("w", (3, 4), scale=0.01, data=np.ones((3, 4)))
    y = graph.tensor("result", (1, 3), "int16", scale=0.001)
    graph.operator("FULLY_CONNECTED", [x, weights, -1], [y], FullyConnectedOptions("none"))
    graph.set_outputs(y)
    with pytest.raises(MlperfError, match="takes or gives int16"):
        read_benchmark_model(writer.to_bytes(), "wide")
