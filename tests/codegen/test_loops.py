"""Which loops become C, in what form, and what is said of the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flatbuffers
import numpy as np
import pytest
from codegen_constructs import loop
from codegen_host_program import host_board
from skipstone.firmware.codegen.errors import UnsupportedModelError
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.integer.errors import IntegerModelError
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.errors import TfliteError
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.schema import FILE_IDENTIFIER, schema


def changed(edit: Callable[[Any], None]) -> bytes:
    model = schema.ModelT.InitFromPackedBuf(loop())
    edit(model)
    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def problems(model: bytes) -> list[str]:
    with pytest.raises(UnsupportedModelError) as caught:
        generate_files(model, "net", host_board())
    return [finding.problem for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("begin", "step", "end", "count"), [(0, 1, 3, 3), (0, 2, 5, 3), (-4, 3, 5, 3), (7, 1, 5, 0), (4, 9, 5, 1)]
)
def test_a_counted_loop_is_a_for_of_its_iterations(begin: int, step: int, end: int, count: int) -> None:
    generated = generate_files(loop(begin, step, end), "net", host_board())
    assert f"iteration < {count}; ++iteration)" in generated.files["model.c"]
    assert generated.model.facts.fixed_macs == 16 * count


def test_a_layer_cannot_write_over_its_input_so_it_is_copied_back() -> None:
    text = generate_files(loop(), "net", host_board()).files["model.c"]
    inside = text[text.index("for (int32_t iteration") :]
    assert "memcpy" in inside[: inside.index("\n    }")]


def hand_out_counter(model: Any) -> None:
    model.subgraphs[0].outputs = [*model.subgraphs[0].outputs, *model.subgraphs[0].operators[0].outputs[1:]]


def compare_features(model: Any) -> None:
    graph = model.subgraphs[1]
    graph.tensors[1].type = schema.TensorType.INT8


def read_counter(model: Any) -> None:
    """The sum of counter and counter instead of counter and constant."""
    add = model.subgraphs[2].operators[1]
    add.inputs = [1, 1]


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        (loop(begin=None), "its counter does not start at a constant"),
        (loop(step=0), "its body does not add one positive constant to the counter"),
        (loop(step=-1), "its body does not add one positive constant to the counter"),
        (loop(activation="relu"), "its body does not add one positive constant to the counter"),
        (loop(end=100_000), "50,000 iterations"),
        (changed(hand_out_counter), "its counter is an output of the graph"),
        (changed(read_counter), "its body does not add one positive constant to the counter"),
    ],
    ids=["begin", "standing", "backwards", "clamped", "long", "output", "doubling"],
)
def test_a_loop_without_a_number_of_iterations_is_named(model: bytes, problem: str) -> None:
    assert problem in problems(model)


def test_the_integer_model_gives_up_a_loop_that_does_not_end() -> None:
    endless = IntegerInterpreter(loop(begin=0, step=0))
    with pytest.raises(IntegerModelError, match="more than 10,000 iterations"):
        endless.step(np.zeros((1, 4), np.int8))
    counted = IntegerInterpreter(loop(begin=0, step=1, end=9_999))
    for _ in range(2):
        counted.step(np.zeros((1, 4), np.int8))


def drop_operand(model: Any) -> None:
    model.subgraphs[0].operators[0].inputs = [-1, 1]


def two_outputs(model: Any) -> None:
    model.subgraphs[1].outputs = [*model.subgraphs[1].outputs, 0]


def other_shape(model: Any) -> None:
    model.subgraphs[2].outputs = model.subgraphs[2].outputs[::-1]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (drop_operand, "an operand is missing"),
        (two_outputs, "its condition 'condition' does not give one bool"),
        (compare_features, "do not match the inputs of 'condition'"),
        (other_shape, "do not match the outputs of 'body'"),
    ],
)
def test_operands_that_do_not_fit_the_subgraphs_are_named(edit: Callable[[Any], None], message: str) -> None:
    with pytest.raises(TfliteError, match=message):
        read_model(changed(edit))
