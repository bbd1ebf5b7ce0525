"""A damaged or odd .tflite ends in one typed error or in C, never in a traceback."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from codegen_host_program import host_board
from hypothesis import given, settings
from hypothesis import strategies as st
from skipstone.firmware.codegen.errors import UnsupportedModelError
from skipstone.firmware.codegen.generate import generate_files
from skipstone.quantize.convert.network import convert
from skipstone.quantize.convert.random_checkpoint import random_checkpoint
from skipstone.quantize.errors import SkipstoneError
from skipstone.quantize.tflite.options import Conv2DOptions, DepthwiseConv2DOptions
from skipstone.quantize.tflite.writer import ModelWriter

SIZES = {"d_model": 4, "layers": 1, "heads": 2, "head_dim": 2, "positions": 2, "ffn": 3, "conv_taps": 2}


@functools.cache
def model() -> bytes:
    return convert(random_checkpoint(1, vocabulary=2, arbitrator_hidden=2, **SIZES))


def generate_or_refuse(data: bytes) -> None:
    try:
        generate_files(data, "net", host_board())
    except SkipstoneError as error:
        assert error.cause and error.remedy


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes(changes: list[tuple[int, int]]) -> None:
    data = bytearray(model())
    for position, value in changes:
        data[position % len(data)] = value
    generate_or_refuse(bytes(data))


@pytest.mark.parametrize("operator", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_a_convolution_whose_output_has_no_axes(operator: str) -> None:
    writer = ModelWriter("scalar")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 2, 2, 1), scale=0.1)
    weights = graph.tensor("w", (1, 2, 2, 1), scale=0.1, data=np.ones((1, 2, 2, 1)))
    y = graph.tensor("y", (), scale=0.1)
    options = (Conv2DOptions if operator == "CONV_2D" else DepthwiseConv2DOptions)("valid")
    graph.operator(operator, [x, weights, -1], [y], options)
    graph.set_outputs(y)
    with pytest.raises(UnsupportedModelError, match=r"output \[\] where its inputs give \[1, 1, 1, 1\]"):
        generate_files(writer.to_bytes(), "net", host_board())


@settings(max_examples=60, deadline=None)
@given(st.integers(0), st.sampled_from([0, 1, 2, 3, 5, 8, 14, 127, 255]))
def test_small_numbers_changed(position: int, value: int) -> None:
    """Indices, sizes and codes are small numbers; exchanging one of them keeps the file readable."""
    data = bytearray(model())
    small = np.flatnonzero(np.frombuffer(bytes(data), np.uint8) < 16)
    data[int(small[position % len(small)])] = value
    generate_or_refuse(bytes(data))
