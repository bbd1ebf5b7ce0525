"""16x8: what codegen refuses by name, what it generates, and copies of two bytes an element."""

from __future__ import annotations

import numpy as np
import pytest
from codegen_host_program import host_board
from hypothesis import given
from hypothesis import strategies as st
from operator_models import MODELS
from sixteen_bit_models import streaming_int16
from skipstone.firmware.codegen.errors import UnsupportedModelError
from skipstone.firmware.codegen.generate import generate_files
from skipstone.firmware.codegen.operations import Requantization
from skipstone.firmware.codegen.packing.copy_strided import strided_copies
from skipstone.firmware.codegen.packing.layers_int16 import widened
from skipstone.quantize.arithmetic.fixed_point import multiply_wide, wrap_int32
from skipstone.quantize.tflite.options import (
    AddOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    GatherOptions,
    Options,
    SoftmaxOptions,
)
from skipstone.quantize.tflite.writer import ModelWriter


def _refusal(model: bytes) -> str:
    with pytest.raises(UnsupportedModelError) as caught:
        generate_files(model, "net", host_board())
    assert all(finding.remedy for finding in caught.value.findings)
    return caught.value.cause


def _unary(operator: str, types: tuple[str, str], scale: float, options: Options | None = None) -> bytes:
    writer = ModelWriter(operator)
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 8), types[0], scale=0.001)
    y = graph.tensor("y", (1, 8), types[1], scale=scale)
    graph.operator(operator, [x], [y], options)
    graph.set_outputs(y)
    return writer.to_bytes()


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (_unary("LOGISTIC", ("int16", "int16"), 1 / 256), "use scale 1/32768"),
        (_unary("TANH", ("int16", "int16"), 1 / 128), "use scale 1/32768"),
        (_unary("SOFTMAX", ("int16", "int16"), 1 / 256, SoftmaxOptions()), "use scale 1/32768"),
        (_unary("HARD_SWISH", ("int16", "int16"), 0.001), "quantize it to int8"),
        (_unary("RELU", ("int16", "int8"), 0.001), "operands of types int16 and int8"),
        (_unary("QUANTIZE", ("uint8", "int16"), 0.001), "quantize to int8 or int16"),
    ],
    ids=["logistic", "tanh", "softmax", "hard_swish", "relu", "quantize"],
)
def test_unary_operators_that_tflm_does_not_have_in_int16(model: bytes, named: str) -> None:
    assert named in _refusal(model)


def test_a_zero_point_of_int16() -> None:
    writer = ModelWriter("zero_point")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 8), "int16", scale=0.001, zero_point=3)
    y = graph.tensor("y", (1, 8), "int16", scale=0.001, zero_point=3)
    graph.operator("ADD", [x, x], [y], AddOptions())
    graph.set_outputs(y)
    assert "int16 with a zero point" in _refusal(writer.to_bytes())


def test_gather_of_int16() -> None:
    writer = ModelWriter("gather")
    graph = writer.subgraph("main")
    x = graph.input("x", (4, 2), "int16", scale=0.001)
    y = graph.tensor("y", (1, 2), "int16", scale=0.001)
    graph.operator("GATHER", [x, graph.tensor("i", (1,), "int32", data=[2])], [y], GatherOptions())
    graph.set_outputs(y)
    assert "TFLM's GATHER does not have" in _refusal(writer.to_bytes())


@pytest.mark.parametrize("bias", ["int32", None])
def test_depthwise_convolution_without_an_int64_bias(bias: str | None) -> None:
    """TFLM takes both and reads what is not there."""
    writer = ModelWriter("depthwise")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 3, 1, 2), "int16", scale=0.001)
    weight = graph.tensor("w", (1, 3, 1, 2), scale=0.01, data=np.ones((1, 3, 1, 2)))
    operands = [x, weight, -1 if bias is None else graph.tensor("b", (2,), bias, scale=1e-5, data=[1, 2])]
    y = graph.tensor("y", (1, 1, 1, 2), "int16", scale=0.001)
    options = DepthwiseConv2DOptions("valid", (1, 1), (1, 1), "none", 1)
    graph.operator("DEPTHWISE_CONV_2D", operands, [y], options)
    graph.set_outputs(y)
    assert "int16 activations without an int64 bias" in _refusal(writer.to_bytes())


def test_biases_and_shifts_that_64_bits_of_tflm_do_not_hold() -> None:
    for value, scale, named in ((1 << 50, 1.0, "biases beyond 2^46"), (1, 1e-8, "a left shift")):
        writer = ModelWriter("layer")
        graph = writer.subgraph("main")
        x = graph.input("x", (1, 4), "int16", scale=0.001)
        weight = graph.tensor("w", (1, 4), scale=0.01, data=np.ones((1, 4)))
        bias = graph.tensor("b", (1,), "int64", scale=1e-5, data=[value])
        y = graph.tensor("y", (1, 1), "int16", scale=scale)
        graph.operator("FULLY_CONNECTED", [x, weight, bias], [y], FullyConnectedOptions())
        graph.set_outputs(y)
        assert named in _refusal(writer.to_bytes())


def test_types_in_the_generated_code() -> None:
    files = generate_files(streaming_int16(np.random.default_rng(1)), "net", host_board()).files
    assert "MODEL_FEATURE_WIDTH = 2" in files["model.h"]
    assert "const int16_t *const features = feature_memory;" in files["model.c"]
    assert "int16_t *const logits = logit_memory;" in files["model.c"]
    assert '"feature_width": 2' in files["codegen.json"]
    kernels = files["kernels.txt"].split()
    assert "kernels/ss_depthwise_conv_2d_s16_ref.c" in kernels
    assert not [name for name in kernels if "fully_connected_s8" in name]


def test_an_int8_model_links_no_kernel_of_int16() -> None:
    files = generate_files(MODELS["relu"](np.random.default_rng(6)), "net", host_board()).files
    assert "MODEL_LOGIT_WIDTH = 1" in files["model.h"]
    assert "s16" not in files["kernels.txt"] + files["model.c"]


@given(st.permutations(range(12)), st.integers(1, 2))
def test_copies_in_bytes_move_whole_elements(order: list[int], width: int) -> None:
    source = np.arange(12 * width, dtype=np.uint8)
    target = np.zeros_like(source)
    elements, places = np.array(order), np.arange(12)
    for copy in (box.in_bytes(width) for box in strided_copies(elements, places)):
        for index in np.ndindex(*(count for count, _, _ in copy.axes)):
            read = copy.source + sum(i * axis[1] for i, axis in zip(index, copy.axes, strict=True))
            write = copy.target + sum(i * axis[2] for i, axis in zip(index, copy.axes, strict=True))
            target[write : write + copy.run] = source[read : read + copy.run]
    expected = source.reshape(12, width)[elements].ravel()
    np.testing.assert_array_equal(target, expected)


@given(st.integers(-(1 << 46), 1 << 46), st.integers(1 << 30, (1 << 31) - 1), st.integers(-31, 7))
def test_packed_factors_rescale_as_the_integer_model(x: int, multiplier: int, shift: int) -> None:
    """The device multiplies by 15 bits and shifts right once (``ss_requantize_wide``)."""
    packed = widened(Requantization(np.array([multiplier]), np.array([shift]), 0))
    reduced, right = int(packed.multipliers[0]), int(packed.shifts[0])
    assert 0 < reduced < 1 << 15
    assert 8 <= right <= 46
    on_device = wrap_int32((x * reduced + (1 << (right - 1))) >> right)
    assert on_device == int(multiply_wide(np.int64(x), multiplier, shift))
