"""int8 models whose state enters and leaves as a tensor, as a converter leaves them."""

from __future__ import annotations

import flatbuffers
import numpy as np
from skipstone.quantize.tflite.options import AddOptions, ConcatenationOptions, FullyConnectedOptions
from skipstone.quantize.tflite.schema import FILE_IDENTIFIER, schema
from skipstone.quantize.tflite.writer import ModelWriter

ROWS, WIDTH = 5, 6


def explicit_window(after_scale: float = 0.05, after_zero_point: int = 3) -> bytes:
    """Features [1, 1, 6] and the last rows [1, 4, 6] → their sum over a matrix [1, 3], and the new last rows.

    The row is quantized once more by a QUANTIZE that changes nothing.
    """
    rng = np.random.default_rng(5)
    writer = ModelWriter("explicit")
    graph = writer.subgraph("main")
    q = {"scale": 0.05, "zero_point": 3}
    past = graph.input("args_1", (1, ROWS - 1, WIDTH), **q)
    x = graph.input("args_0", (1, 1, WIDTH), **q)
    row = graph.tensor("row", (1, 1, WIDTH), **q)
    graph.operator("QUANTIZE", [x], [row])
    window = graph.tensor("window", (1, ROWS, WIDTH), **q)
    graph.operator("CONCATENATION", [past, row], [window], ConcatenationOptions(axis=1))
    weights = graph.tensor(
        "w", (3, ROWS * WIDTH), scale=0.004, data=rng.integers(-127, 128, (3, ROWS * WIDTH))
    )
    bias = graph.tensor("b", (3,), "int32", scale=0.0002, data=[5, -300, 90])
    result = graph.tensor("result", (1, 3), scale=0.06, zero_point=-9)
    graph.operator("FULLY_CONNECTED", [window, weights, bias], [result], FullyConnectedOptions("none"))
    begin = graph.tensor("begin", (3,), "int32", data=[0, 1, 0])
    size = graph.tensor("size", (3,), "int32", data=[1, ROWS - 1, WIDTH])
    kept = graph.tensor("kept", (1, ROWS - 1, WIDTH), **q)
    graph.operator("SLICE", [window, begin, size], [kept])
    if (after_scale, after_zero_point) != (0.05, 3):
        other = graph.tensor("other", (1, ROWS - 1, WIDTH), scale=after_scale, zero_point=after_zero_point)
        graph.operator("QUANTIZE", [kept], [other])
        kept = other
    graph.set_outputs(kept, result)
    return with_signature(
        writer.to_bytes(), {"args_0": x, "args_1": past}, {"output_0": result, "output_1": kept}
    )


def running_sum() -> bytes:
    """Features [1, 6] and a sum [1, 6] → their saturating sum, which is both the result and the new state."""
    writer = ModelWriter("sum")
    graph = writer.subgraph("main")
    x = graph.input("args_0", (1, WIDTH), scale=0.05, zero_point=0)
    before = graph.input("args_1", (1, WIDTH), scale=0.05, zero_point=-20)
    after = graph.tensor("after", (1, WIDTH), scale=0.08, zero_point=4)
    graph.operator("ADD", [x, before], [after], AddOptions("none"))
    graph.set_outputs(after)
    return with_signature(
        writer.to_bytes(), {"args_0": x, "args_1": before}, {"output_0": after, "output_1": after}
    )


def with_signature(data: bytes, inputs: dict[str, int], outputs: dict[str, int]) -> bytes:
    """The model with one signature."""
    model = schema.ModelT.InitFromPackedBuf(data)
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [_map(name, tensor) for name, tensor in inputs.items()]
    signature.outputs = [_map(name, tensor) for name, tensor in outputs.items()]
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def _map(name: str, tensor: int) -> object:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, tensor
    return entry
