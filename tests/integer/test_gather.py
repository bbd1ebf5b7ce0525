"""GATHER by indices that are an input: the same rows as TFLM; an index past the table is an error."""

from __future__ import annotations

import numpy as np
import pytest
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.errors import IntegerModelError, UnsupportedOperatorError
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.options import GatherOptions
from skipstone.quantize.tflite.writer import ModelWriter

ROWS, WIDTH = 200, 5


def table_model(axis: int = 0, batch_dims: int = 0) -> bytes:
    writer = ModelWriter("gather")
    graph = writer.subgraph("main")
    indices = graph.input("indices", (1, 2), "int32")
    values = np.random.default_rng(1).integers(-128, 128, (ROWS, WIDTH))
    table = graph.tensor("table", (ROWS, WIDTH), scale=0.1, data=values)
    y = graph.tensor("y", (1, 2, WIDTH), scale=0.1)
    graph.operator("GATHER", [table, indices], [y], GatherOptions(axis, batch_dims))
    graph.set_outputs(y)
    return writer.to_bytes()


def test_rows_by_index_equal_tflm() -> None:
    tflm, integer = TflmRunner(table_model()), IntegerInterpreter(table_model())
    for places in np.random.default_rng(2).integers(0, ROWS, (50, 1, 2)).astype(np.int32):
        np.testing.assert_array_equal(integer.step(places)[0], tflm.step(places)[0])


@pytest.mark.parametrize("index", [-1, ROWS])
def test_an_index_outside_the_table_is_an_error(index: int) -> None:
    with pytest.raises(IntegerModelError, match=f"of {ROWS} entries"):
        IntegerInterpreter(table_model()).step(np.array([[0, index]], np.int32))


@pytest.mark.parametrize(("axis", "batch_dims", "finding"), [(2, 0, "axis 2"), (0, 1, "batch_dims 1")])
def test_what_is_not_covered_is_named(axis: int, batch_dims: int, finding: str) -> None:
    with pytest.raises(UnsupportedOperatorError, match=finding):
        IntegerInterpreter(table_model(axis, batch_dims))
