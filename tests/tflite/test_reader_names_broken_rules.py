"""Each rule of the format, when broken, is named in the error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edited_model import edited, operator, small_model
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.errors import TfliteError
from skipstone.quantize.tflite.metadata import read_skip_table
from skipstone.quantize.tflite.options import IfOptions
from skipstone.quantize.tflite.reader import read_file_bytes, read_model
from skipstone.quantize.tflite.schema import schema
from skipstone.quantize.tflite.writer import ModelWriter


def tensor(model: Any, name: str, subgraph: int = 0) -> Any:
    return next(t for t in model.subgraphs[subgraph].tensors if t.name.decode() == name)


def set_shape(name: str, shape: list[int]) -> Callable[[Any], None]:
    return lambda model: setattr(tensor(model, name), "shape", shape)


def branch_to(index: int) -> Callable[[Any], None]:
    return lambda model: setattr(operator(model, "IF").builtinOptions, "thenSubgraphIndex", index)


def self_call(model: Any) -> None:
    call = operator(model, "CALL_ONCE")
    model.subgraphs[-1].operators.append(call)
    call.builtinOptions.initSubgraphIndex = len(model.subgraphs) - 1


def swap_operators(model: Any) -> None:
    model.subgraphs[0].operators.reverse()


def write_twice(model: Any) -> None:
    operators = model.subgraphs[0].operators
    operators.append(operators[-1])


def drop_options(model: Any) -> None:
    softmax = operator(model, "SOFTMAX", 1)
    softmax.builtinOptions, softmax.builtinOptionsType = None, 0


def wrong_options(model: Any) -> None:
    softmax = operator(model, "SOFTMAX", 1)
    softmax.builtinOptions, softmax.builtinOptionsType = (
        schema.AddOptionsT(),
        schema.BuiltinOptions.AddOptions,
    )


def set_scale(values: list[float], axis: int = 0) -> Callable[[Any], None]:
    def edit(model: Any) -> None:
        quantization = tensor(model, "features").quantization
        quantization.scale, quantization.zeroPoint = values, [0] * len(values)
        quantization.quantizedDimension = axis

    return edit


def set_zero_points(values: list[int]) -> Callable[[Any], None]:
    return lambda model: setattr(tensor(model, "features").quantization, "zeroPoint", values)


def set_inputs(name: str, indices: list[int]) -> Callable[[Any], None]:
    return lambda model: setattr(operator(model, name), "inputs", indices)


def float_condition(model: Any) -> None:
    tensor(model, "layer0/mha/gate").type = schema.TensorType.INT8


BROKEN: dict[str, tuple[Callable[[Any], None], str]] = {
    "shape and buffer": (set_shape("head/weight", [4, 9]), "does not fit its buffer"),
    "negative dimension": (set_shape("features", [1, -40]), "negative"),
    "zero dimension": (set_shape("features", [1, 0]), "below 1"),
    "huge shape": (set_shape("features", [1 << 30, 1 << 30]), "too large"),
    "rank": (set_shape("features", [1] * 9), "rank 9"),
    "buffer index": (lambda m: setattr(tensor(m, "features"), "buffer", 60_000), "buffer 60000"),
    "unknown type": (lambda m: setattr(tensor(m, "features"), "type", 99), "unknown type"),
    "unknown operator": (lambda m: setattr(m.operatorCodes[0], "builtinCode", 9999), "operator code 9999"),
    "opcode index": (lambda m: setattr(operator(m, "ADD"), "opcodeIndex", 500), "no operator code 500"),
    "input index": (set_inputs("ADD", [5000, 0]), "input tensor does not exist"),
    "negative input": (set_inputs("ADD", [-2, 0]), "input tensor does not exist"),
    "graph output": (lambda m: setattr(m.subgraphs[0], "outputs", [9999]), "outputs of subgraph"),
    "graph input twice": (lambda m: setattr(m.subgraphs[0], "inputs", [0, 0]), "lists an input twice"),
    "order": (swap_operators, "before it is written"),
    "second write": (write_twice, "a second time"),
    "branch index": (branch_to(77), "refers to subgraph 77"),
    "negative branch": (branch_to(-1), "refers to subgraph -1"),
    "branch shapes": (branch_to(4), "do not match those of branch"),
    "recursion": (branch_to(0), "main"),
    "self call": (self_call, "calls itself"),
    "condition": (float_condition, "is not one bool"),
    "missing options": (drop_options, "SoftmaxOptions are missing"),
    "options of another operator": (wrong_options, "SoftmaxOptions are missing"),
    "scale zero": (set_scale([0.0]), "not a positive finite"),
    "scale nan": (set_scale([float("nan")]), "not a positive finite"),
    "scale count": (set_scale([0.1, 0.2, 0.3]), "do not match axis"),
    "scale axis": (set_scale([0.1] * 40, axis=5), "do not match axis"),
    "zero point range": (set_zero_points([300]), "outside -128"),
    "no zero point": (set_zero_points([]), "no zero points"),
    "zero point count": (set_zero_points([1, 2, 3]), "zero points"),
    "no subgraph": (lambda m: setattr(m, "subgraphs", []), "no subgraph"),
    "constant that is a variable": (
        lambda m: setattr(tensor(m, "head/weight"), "isVariable", True),
        "a variable and has constant values",
    ),
    "variable that is an input": (
        lambda m: setattr(tensor(m, "features"), "isVariable", True),
        "input or output 'features' of subgraph 'main' is a variable",
    ),
    "no list of tensors": (lambda m: setattr(m.subgraphs[-1], "tensors", None), "no list of tensors"),
    "no list of inputs": (lambda m: setattr(m.subgraphs[0], "inputs", None), "no list of inputs"),
    "no list of outputs": (lambda m: setattr(m.subgraphs[0], "outputs", None), "no list of outputs"),
    "version": (lambda m: setattr(m, "version", 2), "schema version"),
    "metadata buffer": (lambda m: setattr(m.metadata[0], "buffer", 99_999), "buffer 99999"),
    "metadata twice": (lambda m: m.metadata.append(m.metadata[0]), "occurs twice"),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_broken_rule_is_named(rule: str) -> None:
    edit, message = BROKEN[rule]
    with pytest.raises(TfliteError, match=message) as caught:
        read_model(edited(edit))
    assert "\n" not in caught.value.cause


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TfliteError, match=r"nowhere\.tflite"):
        read_file_bytes(tmp_path / "nowhere.tflite")


@pytest.mark.parametrize("levels", [32, 33, 300])
def test_subgraphs_nest_up_to_a_limit(levels: int) -> None:
    """A chain of IF: deeper ones would end in a RecursionError of whatever runs them."""
    writer = ModelWriter("chain")
    graphs = [writer.subgraph(f"level {index}") for index in range(levels)]
    passing = writer.subgraph("passing")
    for index, graph in enumerate([*graphs, passing]):
        x = graph.input("x", (1, 2), scale=0.1)
        if index + 1 >= levels:
            graph.set_outputs(x)
            continue
        bit = graph.tensor("bit", (1,), "bool", data=[True])
        y = graph.tensor("y", (1, 2), scale=0.1)
        graph.operator("IF", [bit, x], [y], IfOptions(index + 1, passing.index))
        graph.set_outputs(y)
    if levels > 32:
        with pytest.raises(TfliteError, match="more than 32 levels deep"):
            read_model(writer.to_bytes())
        return
    data = writer.to_bytes()
    row = np.array([[3, -4]], np.int8)
    np.testing.assert_array_equal(IntegerInterpreter(data).step(row)[0], row)
    generate_files(data, "chain", load_board("mps2-an386"))


def test_the_unbroken_model_is_read() -> None:
    model = read_model(edited(lambda _: None))
    original = read_model(small_model())
    assert [g.name for g in model.subgraphs] == [g.name for g in original.subgraphs]
    for ours, theirs in zip(model.main.tensors, original.main.tensors, strict=True):
        assert (ours.name, ours.shape, ours.quantization) == (theirs.name, theirs.shape, theirs.quantization)
        if theirs.data is not None:
            np.testing.assert_array_equal(ours.data, theirs.data)


@pytest.mark.parametrize(
    "table",
    [
        b"{}",
        b"not json",
        b'{"version": 2, "blocks": [], "fixed_macs": 0, "arbitrator_macs": 0}',
        b'{"version": 1, "blocks": [], "fixed_macs": -1, "arbitrator_macs": 0}',
        b'{"version":1,"fixed_macs":0,"arbitrator_macs":0,"blocks":[{"name":"a","kind":"ffn","gate":0,'
        b'"subgraph":500,"threshold":0,"macs":1,"weight_bytes":1}]}',
    ],
)
def test_bad_skip_tables_are_refused(table: bytes) -> None:
    def edit(model: Any) -> None:
        entry = next(m for m in model.metadata if m.name == b"SKIP_TABLE")
        model.buffers[entry.buffer].data = np.frombuffer(table, np.uint8)

    with pytest.raises(TfliteError, match="SKIP_TABLE"):
        read_skip_table(read_model(edited(edit)))
