"""LOGISTIC, TANH and SOFTMAX on int16: every input value, against stock TFLM."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skipstone.quantize.arithmetic import sigmoid16, softmax16
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.tflite.options import Options, SoftmaxOptions
from skipstone.quantize.tflite.writer import ModelWriter

ALL = np.arange(-(1 << 15), 1 << 15).astype(np.int16)
SCALES = (2.0**-12, 2.0**-11, 2.0**-10, 2.0**-15, 1e-8, 1e-5, 3.3e-4, 1e-3, 0.01, 0.3, 1.0, 2.6)


def _tflm(
    operator: str, scale: float, values: NDArray[np.int16], options: Options | None = None
) -> NDArray[np.int64]:
    writer = ModelWriter(operator)
    graph = writer.subgraph("main")
    x = graph.input("x", values.shape, "int16", scale=scale)
    y = graph.tensor("y", values.shape, "int16", scale=1 / (1 << 15))
    graph.operator(operator, [x], [y], options)
    graph.set_outputs(y)
    return TflmRunner(writer.to_bytes()).step(values)[0].astype(np.int64)


def test_sigmoid_table_is_that_of_tflm() -> None:
    """With a multiplier of 2 and no shift TANH gives entry ``i`` at input ``128 i``."""
    scale = float(np.nextafter(np.float32(2 / 12288), np.float32(1)))
    assert sigmoid16.sigmoid_multiplier(scale, 1) == (16384, 13)
    read = _tflm("TANH", scale, (128 * np.arange(255)).astype(np.int16)[None]) + (1 << 15)
    np.testing.assert_array_equal(read[0], sigmoid16.sigmoid_table()[:255])


@pytest.mark.parametrize("scale", SCALES)
def test_logistic_and_tanh_of_every_input(scale: float) -> None:
    wide = ALL.astype(np.int64)
    logistic = sigmoid16.logistic16(wide, *sigmoid16.sigmoid_multiplier(scale, 0))
    tanh = sigmoid16.tanh16(wide, *sigmoid16.sigmoid_multiplier(scale, 1))
    np.testing.assert_array_equal(logistic, _tflm("LOGISTIC", scale, ALL[None])[0])
    np.testing.assert_array_equal(tanh, _tflm("TANH", scale, ALL[None])[0])


def test_scales_beyond_the_multiplier_are_refused() -> None:
    with pytest.raises(ValueError, match=r"below 2\.66"):
        sigmoid16.sigmoid_multiplier(2.7, 0)


@pytest.mark.parametrize("scale", [10 / 65535, 1 / 65535, 1e-4])
def test_softmax_of_every_difference(scale: float) -> None:
    rows = np.stack([np.full(ALL.size, ALL[-1]), ALL], axis=1)
    ours = softmax16.softmax16(rows.astype(np.int64), *softmax16.softmax16_multiplier(scale, 1.0))
    np.testing.assert_array_equal(ours, _tflm("SOFTMAX", scale, rows, SoftmaxOptions(beta=1.0)))


def test_softmax_of_long_rows_of_random_logits() -> None:
    rng = np.random.default_rng(3)
    for size in (1, 2, 33, 512):
        rows = rng.integers(-(1 << 15), 1 << 15, (4, size)).astype(np.int16)
        scale, beta = float(rng.uniform(1e-5, 1e-3)), float(rng.uniform(0.1, 1.5))
        ours = softmax16.softmax16(rows.astype(np.int64), *softmax16.softmax16_multiplier(scale, beta))
        np.testing.assert_array_equal(ours, _tflm("SOFTMAX", scale, rows, SoftmaxOptions(beta=beta)))
