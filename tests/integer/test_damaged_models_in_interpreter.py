"""A damaged model is refused with a typed error, or runs; unsupported operators are named all at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.integer.errors import IntegerModelError, UnsupportedOperatorError
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.options import PoolOptions, SoftmaxOptions, VarHandleOptions
from skipstone.quantize.tflite.schema import NUMPY_TYPES
from skipstone.quantize.tflite.writer import ModelWriter

SIZES = {"d_model": 8, "layers": 1, "heads": 1, "head_dim": 8, "positions": 4, "ffn": 8, "conv_taps": 3}
MODEL = convert(random_checkpoint(1, arbitrator_hidden=4, vocabulary=4, frames_per_step=1, **SIZES))


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes(changes: list[tuple[int, int]]) -> None:
    data = bytearray(MODEL)
    for position, value in changes:
        data[position % len(data)] = value
    try:
        interpreter = IntegerInterpreter(bytes(data))
    except SkipstoneError:
        return
    main = interpreter.model.main
    tensors = [main.tensors[i] for i in main.inputs]
    inputs = [np.zeros(t.shape, NUMPY_TYPES[t.dtype]) for t in tensors if t.dtype in NUMPY_TYPES]
    for _ in range(2):
        interpreter.step(*inputs)


def test_all_unsupported_operators_are_named() -> None:
    writer = ModelWriter("unsupported")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 4), scale=0.1)
    product = graph.tensor("product", (1, 4), scale=0.1)
    graph.operator("FLOOR", [x], [product])
    wrong = graph.tensor("wrong", (1, 4), scale=0.1)
    graph.operator("SOFTMAX", [product], [wrong], SoftmaxOptions())
    graph.set_outputs(wrong)
    with pytest.raises(UnsupportedOperatorError) as caught:
        IntegerInterpreter(writer.to_bytes())
    assert len(caught.value.findings) == 2
    assert "floor 'product'" in caught.value.findings[0]
    assert "softmax 'wrong': output quantization" in caught.value.findings[1]


def test_windows_that_fill_the_memory_are_refused() -> None:
    """2048² windows of 2047² bytes: the file is small, its windows are 16 TB."""
    writer = ModelWriter("windows")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 2048, 2048, 1), scale=0.1)
    y = graph.tensor("y", (1, 2048, 2048, 1), scale=0.1)
    graph.operator("MAX_POOL_2D", [x], [y], PoolOptions("same", (1, 1), (2047, 2047)))
    graph.set_outputs(y)
    with pytest.raises(UnsupportedOperatorError, match="windows of 17,"):
        IntegerInterpreter(writer.to_bytes())


def test_a_state_that_is_never_assigned_is_refused() -> None:
    writer = ModelWriter("unassigned")
    graph = writer.subgraph("main")
    handle = graph.tensor("handle", (1,), "resource")
    graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions("memory"))
    value = graph.tensor("value", (1, 4), scale=0.1)
    graph.operator("READ_VARIABLE", [handle], [value])
    graph.set_outputs(value)
    with pytest.raises(IntegerModelError, match="'memory' is read but never assigned"):
        IntegerInterpreter(writer.to_bytes())


def test_wrong_inputs_are_refused() -> None:
    interpreter = IntegerInterpreter(MODEL)
    features, bias = np.zeros((1, 40), np.int8), np.zeros((1, 2), np.int8)
    interpreter.step(features, bias)
    interpreter.step(features[0], bias[0])
    for inputs in ((features,), (features.astype(np.int32), bias), (features[:, :39], bias)):
        with pytest.raises(IntegerModelError):
            interpreter.step(*inputs)
