"""Models of several inputs as models of one, as the generated step function takes it."""

from __future__ import annotations

from typing import Any

import flatbuffers
from skipstone.quantize.tflite.options import SplitOptions
from skipstone.quantize.tflite.schema import (
    FILE_IDENTIFIER,
    OPERATOR_CODES,
    TENSOR_TYPE_CODES,
    TENSOR_TYPE_NAMES,
    schema,
)
from skipstone.quantize.tflite.writer import ModelWriter


def with_one_input(data: bytes) -> bytes:
    """Join the inputs of a model, all of one type, to one vector; SPLIT_V and RESHAPE take it apart again."""
    model = schema.ModelT.InitFromPackedBuf(data)
    graph = model.subgraphs[0]
    if len(graph.inputs) == 1:
        return data
    parts = [graph.tensors[index] for index in graph.inputs]
    sizes = [_elements(part.shape) for part in parts]
    kind = TENSOR_TYPE_NAMES[parts[0].type]
    joined = _tensor(model, graph, "joined", [1, sum(sizes)], kind)
    graph.tensors[joined].quantization = parts[0].quantization
    flat = []
    for part, size in zip(parts, sizes, strict=True):
        index = _tensor(model, graph, f"{part.name.decode()}/flat", [1, size], kind)
        graph.tensors[index].quantization = part.quantization
        flat.append(index)
    operands = [joined, _constant(model, graph, "sizes", sizes), _constant(model, graph, "axis", [1])]
    operators = [_operator(model, "SPLIT_V", operands, flat, SplitOptions(len(sizes)))]
    for index, part, target in zip(flat, parts, graph.inputs, strict=True):
        shape = _constant(model, graph, f"{part.name.decode()}/shape", list(part.shape))
        operators.append(_operator(model, "RESHAPE", [index, shape], [target]))
    graph.operators = [*operators, *graph.operators]
    graph.inputs = [joined]
    builder = flatbuffers.Builder(1 << 14)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


def _elements(shape: list[int]) -> int:
    product = 1
    for size in shape:
        product *= int(size)
    return product


def _tensor(model: Any, graph: Any, name: str, shape: list[int], dtype: str) -> int:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.hasRank = (
        name.encode(),
        shape,
        TENSOR_TYPE_CODES[dtype],
        True,
    )
    model.buffers.append(schema.BufferT())
    tensor.buffer = len(model.buffers) - 1
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _constant(model: Any, graph: Any, name: str, values: list[int]) -> int:
    index = _tensor(model, graph, name, [len(values)], "int32")
    raw = b"".join(int(value).to_bytes(4, "little") for value in values)
    model.buffers[graph.tensors[index].buffer].data = list(raw)
    return index


def _operator(
    model: object, name: str, inputs: list[int], outputs: list[int], options: object = None
) -> object:
    codes = [code.builtinCode for code in model.operatorCodes]
    if OPERATOR_CODES[name] not in codes:
        code = schema.OperatorCodeT()
        code.builtinCode = OPERATOR_CODES[name]
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        model.operatorCodes.append(code)
        codes.append(code.builtinCode)
    scratch = ModelWriter("options").subgraph("main")
    scratch.operator(name, inputs, outputs, options)
    operator = scratch.table.operators[0]
    operator.opcodeIndex = codes.index(OPERATOR_CODES[name])
    return operator
