"""Mutated files that once broke something, by what broke; each is refused with a typed error now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import pytest
from model_parts import random_values
from operator_models import MODELS
from skipstone.firmware.codegen.boards import load_board
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.evaluation.tflm import TflmRunner
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.schema import FILE_IDENTIFIER, schema


@dataclass(frozen=True)
class Defect:
    """A single-operator model, what a mutation did to its object tree, and who refuses it with what words."""

    model: str
    edit: Callable[[Any], None]
    refuse: Callable[[bytes], object]
    message: str


def _generate(data: bytes) -> object:
    return generate_files(data, "net", load_board("mps2-an386"))


def _without(*lists: str) -> Callable[[Any], None]:
    return lambda model: [setattr(model.subgraphs[0], name, None) for name in lists]


def _variable(name: bytes) -> Callable[[Any], None]:
    return lambda model: setattr(_tensor(model, name), "isVariable", True)


def _scale(name: bytes, value: float) -> Callable[[Any], None]:
    return lambda model: setattr(_tensor(model, name).quantization, "scale", [value])


def _zero_point(name: bytes, value: int) -> Callable[[Any], None]:
    return lambda model: setattr(_tensor(model, name).quantization, "zeroPoint", [value])


def _count(operator: int, field: str, value: int) -> Callable[[Any], None]:
    return lambda model: setattr(model.subgraphs[0].operators[operator].builtinOptions, field, value)


def _tensor(model: Any, name: bytes) -> Any:
    return next(tensor for tensor in model.subgraphs[0].tensors if tensor.name == name)


def _many_features(model: Any) -> None:
    _tensor(model, b"x").shape = [1 << 24, *_tensor(model, b"x").shape[1:]]


def _second_graph(model: Any) -> None:
    model.subgraphs.append(model.subgraphs[0])


def _constant_input(model: Any) -> None:
    _tensor(model, b"x").buffer = _tensor(model, b"other").buffer


def _branch_as_initial_subgraph(model: Any) -> None:
    call = model.subgraphs[0].operators[0]
    call.builtinOptions.initSubgraphIndex = 2


def _without_name(field: str) -> Callable[[Any], None]:
    def edit(model: Any) -> None:
        options = (operator.builtinOptions for operator in model.subgraphs[0].operators)
        setattr(next(one for one in options if hasattr(one, "sharedName")), field, None)

    return edit


def _third_operand(model: Any) -> None:
    addition = model.subgraphs[0].operators[1]
    addition.inputs = [*addition.inputs, addition.inputs[0]]


VARIABLE = "a variable and has constant values"
FOUND = {
    "an empty main graph ended TFLM with SIGSEGV": Defect(
        "relu6", _without("tensors", "inputs", "outputs", "operators"), read_model, "no list of tensors"
    ),
    "a main graph without inputs ended TFLM with SIGSEGV": Defect(
        "sub", _without("inputs"), read_model, "no list of inputs|before it is written"
    ),
    "a state without a shared name ended TFLM with SIGSEGV": Defect(
        "streaming_int16", _without_name("sharedName"), read_model, "VAR_HANDLE without a shared name"
    ),
    "a state without a container ended TFLM with SIGSEGV": Defect(
        "streaming_int16", _without_name("container"), read_model, "VAR_HANDLE without a container"
    ),
    "an input with constant values was written over a constant by TFLM": Defect(
        "add_int32", _constant_input, read_model, "has constant values"
    ),
    "an initial subgraph with an input ended a step with ValueError": Defect(
        "gated_sum", _branch_as_initial_subgraph, read_model, "has inputs or outputs"
    ),
    "ADD of three int16 operands ended a step with ValueError": Defect(
        "mixed_widths_int16", _third_operand, IntegerInterpreter, "3 operands"
    ),
    "a permutation that is a variable was zeroed by TFLM's reset": Defect(
        "reshape_transpose_slice_concatenate", _variable(b"order"), read_model, VARIABLE
    ),
    "an axis that is a variable was zeroed by TFLM's reset": Defect(
        "split_v", _variable(b"axis"), read_model, VARIABLE
    ),
    "weights that are a variable were zeroed by TFLM's reset": Defect(
        "fully_connected_int4", _variable(b"weight"), read_model, VARIABLE
    ),
    "TFLM read the number of parts from the options": Defect(
        "unpack", _count(0, "num", -1), read_model, "its options say -1"
    ),
    "TFLM read 255 operands of PACK": Defect(
        "pack", _count(-1, "valuesCount", 255), read_model, "its options say 255"
    ),
    "a factor of 2^126 between the scales left int32": Defect(
        "conv_2d", _scale(b"weight", 3e38), IntegerInterpreter, "a factor of"
    ),
    "a factor between int16 scales ended a step with ValueError": Defect(
        "quantize_int16", _scale(b"x", 3e38), IntegerInterpreter, "a factor of"
    ),
    "TFLM pads int16 with 0 whatever the zero point": Defect(
        "pad_int16", _zero_point(b"y", 16), IntegerInterpreter, "zero point 16"
    ),
    "the range of LOGISTIC's inputs left int32": Defect(
        "logistic", _scale(b"x", 1e-38), IntegerInterpreter, "an input scale of"
    ),
    "the range of TANH's inputs left int32": Defect(
        "tanh", _scale(b"x", 1e-38), IntegerInterpreter, "an input scale of"
    ),
    "TFLM's reset wrote the zero point of an int16 state into every byte": Defect(
        "streaming_int16", _zero_point(b"kept", 5), IntegerInterpreter, "is int16 with zero point 5"
    ),
    "the self-test of 2^24 features took 20 s": Defect(
        "gather", _many_features, _generate, "use at most 65,535 features"
    ),
    "scratch of a graph that nothing calls ended TFLM with SIGSEGV": Defect(
        "mean", _second_graph, TflmRunner, "nothing calls subgraph 1"
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_found_defect_is_refused(name: str) -> None:
    defect = FOUND[name]
    model = schema.ModelT.InitFromPackedBuf(MODELS[defect.model](np.random.default_rng(7)))
    defect.edit(model)
    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    with pytest.raises(SkipstoneError, match=defect.message):
        defect.refuse(bytes(builder.Output()))


def test_sums_of_int64_beyond_int32_wrap_around_as_in_tflm() -> None:
    """A bias of 2^44 left the integer model's 16x8 layer saturated, TFLM's wrapped around."""
    model = schema.ModelT.InitFromPackedBuf(MODELS["fully_connected_int16"](np.random.default_rng(7)))
    bias = _tensor(model, b"bias")
    assert bias.type == schema.TensorType.INT64
    rng = np.random.default_rng(1)
    values = rng.integers(-(1 << 45), 1 << 45, bias.shape[0])
    model.buffers[bias.buffer].data = np.frombuffer(values.astype("<i8").tobytes(), np.uint8)
    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    data = bytes(builder.Output())
    integer, tflm = IntegerInterpreter(data), TflmRunner(data)
    main = integer.model.main
    x = random_values(rng, main.tensors[main.inputs[0]])
    np.testing.assert_array_equal(integer.step(x)[0], tflm.step(x)[0])
