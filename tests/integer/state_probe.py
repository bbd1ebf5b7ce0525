"""Adds every streaming state of a .tflite to the outputs of its main graph, read after all blocks ran."""

from __future__ import annotations

from typing import Any

import flatbuffers
from skipstone.quantize.integer.states import StateLayout, state_layouts
from skipstone.quantize.tflite.reader import read_model
from skipstone.quantize.tflite.schema import FILE_IDENTIFIER, TENSOR_TYPE_CODES, schema


def with_state_outputs(data: bytes) -> tuple[bytes, list[str]]:
    """Return the extended model and the states' names, in the order of the extra outputs."""
    layouts = state_layouts(read_model(data))
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data))
    main = model.subgraphs[0]
    outputs = list(main.outputs)
    for layout in layouts.values():
        handle = _add_tensor(model, f"{layout.name}/probe/handle", (1,), "resource")
        value = _add_tensor(model, f"{layout.name}/probe", layout.shape, layout.dtype)
        main.operators.append(_operator(model, "VAR_HANDLE", [], [handle], layout))
        main.operators.append(_operator(model, "READ_VARIABLE", [handle], [value], layout))
        outputs.append(value)
    main.outputs = outputs
    builder = flatbuffers.Builder(len(data) * 2)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output()), list(layouts)


def _add_tensor(model: Any, name: str, shape: tuple[int, ...], dtype: str) -> int:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.hasRank = name, list(shape), TENSOR_TYPE_CODES[dtype], True
    model.buffers.append(schema.BufferT())
    tensor.buffer = len(model.buffers) - 1
    model.subgraphs[0].tensors.append(tensor)
    return len(model.subgraphs[0].tensors) - 1


def _operator(model: Any, name: str, inputs: list[int], outputs: list[int], layout: StateLayout) -> Any:
    code = getattr(schema.BuiltinOperator, name)
    operator = schema.OperatorT()
    operator.opcodeIndex = [c.builtinCode for c in model.operatorCodes].index(code)
    operator.inputs, operator.outputs = inputs, outputs
    if name == "VAR_HANDLE":
        operator.builtinOptionsType = schema.BuiltinOptions.VarHandleOptions
        operator.builtinOptions = schema.VarHandleOptionsT()
        operator.builtinOptions.sharedName, operator.builtinOptions.container = layout.name, ""
    else:
        operator.builtinOptionsType = schema.BuiltinOptions.ReadVariableOptions
        operator.builtinOptions = schema.ReadVariableOptionsT()
    return operator
