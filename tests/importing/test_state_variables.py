"""A model whose state became a variable gives, in stock TFLM, what the caller's loop over the state gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from skipstone.firmware.codegen.generate import compile_network
from skipstone.firmware.codegen.importer import build_network
from skipstone.quantize.arithmetic.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.importing.errors import ImportModelError
from skipstone.quantize.importing.state_variables import StateTensors, bind_states, signature_order
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.writer import ModelWriter
from stateful_models import explicit_window, running_sum, with_signature


def bound(data: bytes) -> bytes:
    """The model with its one state as the variable ``past``."""
    before, after = signature_order(data)
    return bind_states(data, "bound", after[0], [StateTensors("past", before[1], after[1])])


def requantized(values: np.ndarray, source: tuple[float, int], target: tuple[float, int]) -> np.ndarray:
    """QUANTIZE int8 → int8 of TFLM."""
    if source == target:
        return values
    multiplier, shift = quantize_multiplier(np.float32(source[0]) / np.float64(np.float32(target[0])))
    scaled = multiply_by_quantized_multiplier(values.astype(np.int64) - source[1], multiplier, shift)
    return np.clip(scaled + target[1], -128, 127).astype(np.int8)


@pytest.mark.parametrize(
    "make",
    [explicit_window, lambda: explicit_window(0.07, -11), running_sum],
    ids=["same", "rescaled", "sum"],
)
def test_the_variable_does_what_the_loop_does(make: Callable[[], bytes]) -> None:
    data = make()
    order, results = signature_order(data)
    main = read_model(data).main
    source, target = (
        (main.tensors[index].scale, main.tensors[index].zero_point) for index in (results[1], order[1])
    )
    loop, streaming = TflmRunner(data), TflmRunner(bound(data))
    integer = IntegerInterpreter(bound(data))
    state = np.full(main.tensors[order[1]].shape, target[1], np.int8)
    rng = np.random.default_rng(2)
    for step in range(40):
        if step == 25:
            streaming.reset()
            integer.reset()
            state = np.full_like(state, target[1])
        x = rng.integers(-128, 128, main.tensors[order[0]].shape).astype(np.int8)
        operands = {order[0]: x, order[1]: state}
        outputs = dict(zip(main.outputs, loop.step(*(operands[i] for i in main.inputs)), strict=True))
        state = requantized(outputs[results[1]], source, target)
        assert np.array_equal(streaming.step(x)[0], outputs[results[0]]), step
        assert np.array_equal(integer.step(x)[0], outputs[results[0]]), step
        assert np.array_equal(integer.states()["past"], state), step


def test_a_window_compiles_to_a_state_of_the_device() -> None:
    program = compile_network(build_network(bound(explicit_window()), "bound"))
    assert [state.name for state in program.states] == ["past"]


def test_quantizations_that_change_nothing_disappear() -> None:
    assert "QUANTIZE" in {op.name for op in read_model(explicit_window()).main.operators}
    assert "QUANTIZE" not in {op.name for op in read_model(bound(explicit_window())).main.operators}
    rescaled = [op.name for op in read_model(bound(explicit_window(0.07, -11))).main.operators]
    assert rescaled.count("QUANTIZE") == 2, "the model's own, and back to what enters"


def test_a_model_without_state_is_written_anew() -> None:
    again = bind_states(_stateless(), "again", 1, [])
    assert read_model(again).description == "again"
    x = np.arange(-3, 3, dtype=np.int8).reshape(1, 6)
    assert np.array_equal(TflmRunner(again).step(x)[0], TflmRunner(_stateless()).step(x)[0])


def test_the_same_model_gives_the_same_bytes() -> None:
    assert bound(explicit_window()) == bound(explicit_window())


def _stateless() -> bytes:
    writer = ModelWriter("stateless")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 6), scale=0.05)
    y = graph.tensor("y", (1, 6), scale=0.03, zero_point=5)
    graph.operator("QUANTIZE", [x], [y])
    graph.set_outputs(y)
    return writer.to_bytes()


def test_order_comes_from_the_signature() -> None:
    data = with_signature(
        _stateless(), {"args_1": 7, "args_0": 9, "args_10": 2, "args_2": 4}, {"output_0": 1}
    )
    assert signature_order(data) == ([9, 7, 4, 2], [1])


@pytest.mark.parametrize("name", ["x", "args_x", "args_"])
def test_operands_by_name_are_refused(name: str) -> None:
    with pytest.raises(ImportModelError, match=f"has an operand '{name}'"):
        signature_order(with_signature(_stateless(), {name: 0}, {"output_0": 1}))


def test_a_file_without_a_signature_is_refused() -> None:
    with pytest.raises(ImportModelError, match="0 signatures"):
        signature_order(_stateless())


def test_what_cannot_be_bound_is_refused() -> None:
    data = explicit_window()
    before, after = signature_order(data)
    state = StateTensors("past", before[1], after[1])
    with pytest.raises(ImportModelError, match="state 'past' is int32"):
        begin = next(tensor for tensor in read_model(data).main.tensors if tensor.name == "begin")
        bind_states(data, "", after[0], [replace(state, after=begin.index)])
    writer = ModelWriter("two")
    for name in ("main", "second"):
        graph = writer.subgraph(name)
        graph.set_outputs(graph.input("x", (1, 6), scale=0.05))
    with pytest.raises(ImportModelError, match="has 2 subgraphs"):
        bind_states(writer.to_bytes(), "", 0, [])
