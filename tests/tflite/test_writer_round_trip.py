"""What the writer writes, the reader reads; constants are aligned; the same calls give the same bytes."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from skipstone.quantize.tflite import options as option_types
from skipstone.quantize.tflite.metadata import (
    SkipTable,
    Tokens,
    encode,
    read_features,
    read_skip_table,
    read_tokens,
)
from skipstone.quantize.tflite.options import OPTION_CODECS, Options
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.schema import schema
from skipstone.quantize.tflite.writer import CONSTANT_ALIGNMENT, ModelWriter

SAMPLES: dict[str, Options] = {
    "FULLY_CONNECTED": option_types.FullyConnectedOptions("relu6", keep_num_dims=True),
    "CONV_2D": option_types.Conv2DOptions("same", (2, 3), (1, 2), "relu"),
    "DEPTHWISE_CONV_2D": option_types.DepthwiseConv2DOptions("valid", (1, 2), (3, 1), "relu", 4),
    "ADD": option_types.AddOptions("relu"),
    "SUB": option_types.AddOptions("relu6"),
    "MUL": option_types.AddOptions("relu_n1_to_1"),
    "BATCH_MATMUL": option_types.BatchMatMulOptions(adj_x=True, adj_y=False),
    "SOFTMAX": option_types.SoftmaxOptions(0.25),
    "RESHAPE": option_types.ReshapeOptions((1, 2, 3)),
    "STRIDED_SLICE": option_types.StridedSliceOptions(1, 2, 4, 8, 16),
    "CONCATENATION": option_types.ConcatenationOptions(-1, "relu"),
    "AVERAGE_POOL_2D": option_types.PoolOptions("same", (2, 1), (3, 4), "relu6"),
    "MAX_POOL_2D": option_types.PoolOptions("valid", (1, 3), (2, 5), "relu"),
    "MEAN": option_types.ReducerOptions(keep_dims=True),
    "LEAKY_RELU": option_types.LeakyReluOptions(0.25),
    "PACK": option_types.PackOptions(3, -2),
    "UNPACK": option_types.PackOptions(4, 1),
    "SPLIT": option_types.SplitOptions(3),
    "SPLIT_V": option_types.SplitOptions(2),
    "GATHER": option_types.GatherOptions(-1, 1),
    "SVDF": option_types.SvdfOptions(2, "relu"),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": option_types.SequenceLstmOptions("tanh", 8.0, 0.5, True),
    "IF": option_types.IfOptions(1, 2),
    "WHILE": option_types.WhileOptions(3, 4),
    "CALL_ONCE": option_types.CallOnceOptions(5),
    "VAR_HANDLE": option_types.VarHandleOptions("state", "container"),
}


@pytest.mark.parametrize("name", OPTION_CODECS)
def test_options_survive_the_round_trip(name: str) -> None:
    codec, sample = OPTION_CODECS[name], SAMPLES[name]
    assert any(getattr(sample, f.name) != f.default for f in fields(sample))
    builder = schema.flatbuffers.Builder(256)
    builder.Finish(codec.build(sample).Pack(builder))
    lazy = getattr(schema, codec.table).GetRootAs(builder.Output(), 0)
    assert codec.read(lazy) == sample


def _model() -> bytes:
    writer = ModelWriter("two constants")
    graph = writer.subgraph("main")
    x = graph.input("x", (1, 3), scale=0.5, zero_point=-7)
    weight = graph.tensor("w", (2, 3), scale=[0.1, 0.2], data=[[1, 2, 3], [-4, 5, -127]])
    bias = graph.tensor("b", (2,), "int32", scale=[0.05, 0.1], data=[70000, -70000])
    y = graph.tensor("y", (1, 2), scale=0.25, zero_point=4)
    options = option_types.FullyConnectedOptions("relu")
    graph.operator("FULLY_CONNECTED", [x, weight, bias], [y], options)
    graph.set_outputs(y)
    writer.add_metadata("TOKENS", encode(Tokens(tokens=("<blank>", "▁ja"))))
    writer.add_metadata("SKIP_TABLE", encode(SkipTable(blocks=(), fixed_macs=6, arbitrator_macs=0)))
    writer.add_metadata("FEATURES", b'{"version":1,"scale":0.125}')
    return writer.to_bytes()


def test_model_survives_the_round_trip() -> None:
    model = read_model(_model())
    x, weight, bias, y = model.main.tensors
    assert (x.name, x.shape, x.dtype, x.scale, x.zero_point) == ("x", (1, 3), "int8", 0.5, -7)
    np.testing.assert_array_equal(weight.data, [[1, 2, 3], [-4, 5, -127]])
    np.testing.assert_array_equal(bias.data, [70000, -70000])
    assert weight.quantization is not None
    assert weight.quantization.scales == tuple(float(np.float32(s)) for s in (0.1, 0.2))
    assert not y.is_constant
    (operator,) = model.main.operators
    assert operator.options == option_types.FullyConnectedOptions("relu")
    assert model.main.describe(operator) == "fully_connected 'y'"
    assert (model.main.inputs, model.main.outputs) == ((0,), (3,))
    tokens, table = read_tokens(model), read_skip_table(model)
    assert tokens is not None and tokens.tokens == ("<blank>", "▁ja")
    assert table is not None and table.fixed_macs == 6
    assert read_features(model) == {"version": 1, "scale": 0.125}


def test_same_calls_give_the_same_bytes() -> None:
    assert _model() == _model()


def test_constants_are_aligned_for_use_in_place() -> None:
    data = _model()
    for constant in (np.array([[1, 2, 3], [-4, 5, -127]], "int8"), np.array([70000, -70000], "int32")):
        assert data.index(constant.tobytes()) % CONSTANT_ALIGNMENT == 0


def test_every_computed_tensor_has_a_buffer_of_its_own() -> None:
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(_model()))
    buffers = [tensor.buffer for tensor in model.subgraphs[0].tensors]
    assert len(set(buffers)) == len(buffers)
    assert 0 not in buffers


def test_a_constant_of_the_wrong_shape_is_refused() -> None:
    graph = ModelWriter("wrong").subgraph("main")
    with pytest.raises(ValueError, match="shape"):
        graph.tensor("w", (2, 3), data=[1, 2, 3])
