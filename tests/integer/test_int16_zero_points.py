"""int16 is symmetric in TFLM: what it would do with another zero point is refused, not imitated."""

from __future__ import annotations

import pytest
from model_parts import finish, start
from skipstone.quantize.integer.errors import IntegerModelError, UnsupportedOperatorError
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.options import AddOptions, VarHandleOptions


def test_pad_with_a_zero_point() -> None:
    """Found by the fuzzer: TFLM pads with 0."""
    writer, graph = start("pad")
    x = graph.input("x", (2,), "int16", scale=0.1, zero_point=-1)
    widths = graph.tensor("widths", (1, 2), "int32", data=[[1, 1]])
    y = graph.tensor("y", (4,), "int16", scale=0.1, zero_point=-1)
    graph.operator("PAD", [x, widths], [y])
    with pytest.raises(UnsupportedOperatorError, match="int16 with zero point -1"):
        IntegerInterpreter(finish(writer, graph, y))


def test_a_state_with_a_zero_point() -> None:
    """TFLM resets it byte by byte."""
    writer, graph = start("state")
    x = graph.input("x", (2,), "int16", scale=0.1, zero_point=5)
    handle = graph.tensor("handle", (1,), "resource")
    y = graph.tensor("y", (2,), "int16", scale=0.1, zero_point=5)
    graph.operator("VAR_HANDLE", [], [handle], VarHandleOptions("state"))
    graph.operator("READ_VARIABLE", [handle], [y])
    graph.operator("ASSIGN_VARIABLE", [handle, x], [])
    with pytest.raises(IntegerModelError, match="int16 with zero point 5"):
        IntegerInterpreter(finish(writer, graph, y))


def test_arithmetic_with_a_zero_point() -> None:
    writer, graph = start("add")
    x = graph.input("x", (2,), "int16", scale=0.1, zero_point=3)
    y = graph.tensor("y", (2,), "int16", scale=0.2)
    graph.operator("ADD", [x, x], [y], AddOptions())
    with pytest.raises(UnsupportedOperatorError, match="int16 with zero point 3; TFLM takes 0"):
        IntegerInterpreter(finish(writer, graph, y))
