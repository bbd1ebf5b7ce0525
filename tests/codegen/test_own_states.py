"""SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM keep variable tensors: what is refused, how states are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flatbuffers
import numpy as np
import pytest
from codegen_host_program import build_host_model, host_board
from recurrent_models import MODELS, unidirectional_sequence_lstm_int16
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.integer.interpreter import IntegerInterpreter
from skipstone.quantize.tflite.schema import FILE_IDENTIFIER, TENSOR_TYPE_CODES, schema

STEPS = 9
MAKERS = MODELS | {"lstm_int16": unidirectional_sequence_lstm_int16}


def changed(name: str, edit: Callable[[Any], None], seed: int = 3) -> bytes:
    model = schema.ModelT.InitFromPackedBuf(MAKERS[name](np.random.default_rng(seed)))
    edit(model)
    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def tensor(model: Any, name: str) -> Any:
    return next(t for t in model.subgraphs[0].tensors if t.name.decode() == name)


def setting(name: str, field: str, value: object) -> Callable[[Any], None]:
    return lambda model: setattr(tensor(model, name), field, value)


def option(field: str, value: object) -> Callable[[Any], None]:
    return lambda model: setattr(model.subgraphs[0].operators[0].builtinOptions, field, value)


def _operand(model: Any, position: int, index: int) -> None:
    operator = model.subgraphs[0].operators[0]
    operator.inputs = [*operator.inputs[:position], index, *operator.inputs[position + 1 :]]


def no_bias(model: Any) -> None:
    _operand(model, 3, -1)


def scale_of_bias(model: Any) -> None:
    tensor(model, "bias").quantization.scale = [1.0]


def peephole(model: Any) -> None:
    _operand(model, 9, int(model.subgraphs[0].operators[0].inputs[12]))


def cell_scale(model: Any) -> None:
    tensor(model, "cell").quantization.scale = [0.0003]


def wide_input(model: Any) -> None:
    tensor(model, "x").shape = [*tensor(model, "x").shape[:2], tensor(model, "x").shape[2] + 1]


LSTM = "unidirectional_sequence_lstm"
REFUSED = {
    "bias": ("svdf", no_bias, "missing|4 inputs"),
    "scale of the bias": ("svdf", scale_of_bias, "a bias of scale 1"),
    "rank": ("svdf", option("rank", 1000), "of rank 1000"),
    "no variable": ("svdf", setting("state", "isVariable", False), "is no variable|before it is written"),
    "type of the state": ("svdf", setting("state", "type", schema.TensorType.INT32), "int32"),
    "peephole": (LSTM, peephole, "peephole|16 inputs"),
    "cell": (LSTM, cell_scale, "no power of two"),
    "type of the cell": (LSTM, setting("cell", "type", schema.TensorType.INT8), "int8"),
    "activation": (LSTM, option("fusedActivationFunction", 1), "relu"),
    "clip": (LSTM, option("cellClip", -1.0), "a cell clip of -1"),
    "width": (LSTM, wide_input, "shape|do not fit"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_tflm_cannot_run_is_refused_by_both(what: str) -> None:
    name, edit, message = REFUSED[what]
    data = changed(name, edit)
    for refuse in (IntegerInterpreter, lambda model: generate_files(model, "net", host_board())):
        with pytest.raises(SkipstoneError, match=message) as caught:
            refuse(data)
        assert caught.value.remedy


def test_an_int32_bias_of_int16_activations_is_refused() -> None:
    """TFLM reads it as int64, beyond its end."""

    def narrow(model: Any) -> None:
        bias = tensor(model, "forget_bias")
        bias.type, buffer = TENSOR_TYPE_CODES["int32"], model.buffers[bias.buffer]
        values = np.frombuffer(bytes(bytearray(buffer.data)), np.int64)
        buffer.data = list(values.astype(np.int32).tobytes())

    data = changed("lstm_int16", narrow)
    for refuse in (IntegerInterpreter, lambda model: generate_files(model, "net", host_board())):
        with pytest.raises(SkipstoneError, match="int32"):
            refuse(data)


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize("seed", range(4))
def test_states_on_the_device_are_those_of_the_integer_model(name: str, seed: int, tmp_path: Any) -> None:
    rng = np.random.default_rng([seed, 5])
    data = MODELS[name](rng)
    host, integer = build_host_model(data, tmp_path), IntegerInterpreter(data)
    graph = integer.model.main
    shape = graph.tensors[graph.inputs[0]].shape
    expected = []
    for _ in range(STEPS):
        values = rng.integers(-128, 128, shape).astype(np.int8)
        host.step(values.ravel())
        expected.append((integer.step(values)[0], integer.states()))
        host.read_states()
    host.run()
    for step, got, (output, states) in zip(host.steps, host.states, expected, strict=True):
        assert step.logits.tobytes() == output.tobytes()
        assert {key: value.tobytes() for key, value in got.items()} == {
            key: value.tobytes() for key, value in states.items()
        }


def test_a_state_starts_at_its_zero_point_after_a_reset() -> None:
    data = MODELS["svdf"](np.random.default_rng(11))
    interpreter = IntegerInterpreter(data)
    first = interpreter.states()
    main = interpreter.model.main
    for _ in range(3):
        interpreter.step(np.full(main.tensors[main.inputs[0]].shape, 100, np.int8))
    assert any((first[name] != value).any() for name, value in interpreter.states().items())
    interpreter.reset()
    for name, value in interpreter.states().items():
        np.testing.assert_array_equal(first[name], value)
