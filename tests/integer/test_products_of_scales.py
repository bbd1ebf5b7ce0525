"""TFLM multiplies scales in double: a float32 product gave one output in very many one too low."""

from __future__ import annotations

import numpy as np
import pytest
from model_parts import finish, start
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.options import BatchMatMulOptions, FullyConnectedOptions

SCALES = (0.03804592415690422, 0.035894013941287994, 0.35986608266830444)
"""Found by the gating study: query, key and score of an attention block."""


def test_a_score_that_lies_between_two_integers() -> None:
    writer, graph = start("score")
    a = graph.input("a", (1, 1, 1, 2), scale=SCALES[0])
    b = graph.input("b", (1, 1, 1, 2), scale=SCALES[1])
    y = graph.tensor("y", (1, 1, 1, 1), scale=SCALES[2])
    graph.operator("BATCH_MATMUL", [a, b], [y], BatchMatMulOptions(adj_y=True))
    model = finish(writer, graph, y)
    query = np.array([127, 93], np.int8).reshape(1, 1, 1, 2)
    key = np.array([127, 100], np.int8).reshape(1, 1, 1, 2)  # the accumulator is 25,429
    stock = TflmRunner(model).step(query, key)[0]
    assert stock.item() == 97
    assert np.array_equal(IntegerInterpreter(model).step(query, key)[0], stock)


@pytest.mark.parametrize("has_bias", [False, True])
def test_a_layer_with_one_scale(has_bias: bool) -> None:
    writer, graph = start("layer")
    x = graph.input("x", (1, 2), scale=SCALES[0])
    weights = graph.tensor("weights", (1, 2), data=np.array([[127, 100]], np.int8), scale=SCALES[1])
    operands = [x, weights]
    if has_bias:
        zero = np.zeros(1, np.int32)
        operands.append(graph.tensor("bias", (1,), "int32", data=zero, scale=SCALES[0] * SCALES[1]))
    y = graph.tensor("y", (1, 1), scale=SCALES[2])
    graph.operator("FULLY_CONNECTED", operands, [y], FullyConnectedOptions())
    model = finish(writer, graph, y)
    stock = TflmRunner(model).step(np.array([[127, 93]], np.int8))[0]
    assert stock.item() == 97
    assert np.array_equal(IntegerInterpreter(model).step(np.array([[127, 93]], np.int8))[0], stock)
