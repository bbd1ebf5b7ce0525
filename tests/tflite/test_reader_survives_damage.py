"""A damaged, random or hostile file is read or ends in a one-line TfliteError within a second."""

from __future__ import annotations

import struct
import time

import flatbuffers
import numpy as np
import pytest
from edited_model import small_model
from hypothesis import given, settings
from hypothesis import strategies as st
from skipstone.quantize.tflite.errors import TfliteError
from skipstone.quantize.tflite.model import Model
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.schema import FILE_IDENTIFIER, schema

SECONDS = 1.0


def read_or_refuse(data: bytes) -> Model | None:
    """Read ``data``; assert that a refusal is one line and fast."""
    begin = time.process_time()
    try:
        return read_model(data)
    except TfliteError as error:
        assert "\n" not in error.cause
        return None
    finally:
        assert time.process_time() - begin < SECONDS


@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    assert read_or_refuse(data) is None


@given(st.binary(max_size=400))
def test_random_bytes_behind_the_identifier(data: bytes) -> None:
    read_or_refuse(data[:4].ljust(4, b"\x08") + FILE_IDENTIFIER + data[4:])


@given(st.integers(0, 1 << 20))
def test_truncated_files(length: int) -> None:
    data = small_model()
    read_or_refuse(data[: length % len(data)])


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=8))
def test_flipped_bytes(changes: list[tuple[int, int]]) -> None:
    data = bytearray(small_model())
    for position, value in changes:
        data[position % len(data)] = value
    read_or_refuse(bytes(data))


WORDS = st.sampled_from([0, 1, 4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0, 1 << 16, 1 << 24])


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 1 << 20), WORDS), min_size=1, max_size=4))
def test_overwritten_words(changes: list[tuple[int, int]]) -> None:
    data = bytearray(small_model())
    for position, value in changes:
        struct.pack_into("<I", data, position % (len(data) // 4) * 4, value)
    read_or_refuse(bytes(data))


def _shared_table_file(subgraphs: int, tensors: int) -> bytes:
    """Offsets that share targets: ``subgraphs`` × ``tensors`` tables from a few kilobytes."""
    builder = flatbuffers.Builder(1 << 20)
    name = builder.CreateString("t" * 100)
    schema.SubGraphStartOperatorsVector(builder, 0)
    nothing = builder.EndVector()
    schema.TensorStartShapeVector(builder, 8)
    for _ in range(8):
        builder.PrependInt32(1)
    shape = builder.EndVector()
    schema.TensorStart(builder)
    schema.TensorAddName(builder, name)
    schema.TensorAddShape(builder, shape)
    tensor = schema.TensorEnd(builder)
    schema.SubGraphStartTensorsVector(builder, tensors)
    for _ in range(tensors):
        builder.PrependUOffsetTRelative(tensor)
    tensor_vector = builder.EndVector()
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, tensor_vector)
    schema.SubGraphAddInputs(builder, nothing)
    schema.SubGraphAddOutputs(builder, nothing)
    schema.SubGraphAddOperators(builder, nothing)
    subgraph = schema.SubGraphEnd(builder)
    schema.ModelStartSubgraphsVector(builder, subgraphs)
    for _ in range(subgraphs):
        builder.PrependUOffsetTRelative(subgraph)
    subgraph_vector = builder.EndVector()
    schema.BufferStart(builder)
    empty = schema.BufferEnd(builder)
    schema.ModelStartBuffersVector(builder, 1)
    builder.PrependUOffsetTRelative(empty)
    buffers = builder.EndVector()
    schema.ModelStart(builder)
    schema.ModelAddVersion(builder, 3)
    schema.ModelAddSubgraphs(builder, subgraph_vector)
    schema.ModelAddBuffers(builder, buffers)
    builder.Finish(schema.ModelEnd(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def test_shared_offsets_cannot_multiply_the_work() -> None:
    data = _shared_table_file(20_000, 20_000)
    assert len(data) < 200_000
    with pytest.raises(TfliteError, match="more than"):
        read_model(data)
    assert read_or_refuse(_shared_table_file(100, 100)) is not None


def test_large_constants_are_views_of_the_file() -> None:
    model = read_model(small_model())
    constants = [t.data for graph in model.subgraphs for t in graph.tensors if t.data is not None]
    assert constants
    assert not any(data.flags.owndata or data.flags.writeable for data in constants)
    assert all(isinstance(data, np.ndarray) for data in constants)
