"""A small TFLite writer: models of several subgraphs, constants, metadata. Same calls, same bytes.

Every non-constant tensor has an empty buffer of its own: TFLM and the LiteRT interpreter then agree on which
tensors are constants. Constant data is aligned to 16 bytes, so that a device can use it in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import ArrayLike
from skipstone.quantize.tflite import int4
from skipstone.quantize.tflite.options import EMPTY_OPTION_TABLES, OPTION_CODECS, Options
from skipstone.quantize.tflite.schema import (
    FILE_IDENTIFIER,
    NUMPY_TYPES,
    OPERATOR_CODES,
    SCHEMA_VERSION,
    TENSOR_TYPE_CODES,
    schema,
)

CONSTANT_ALIGNMENT = 16

OPERATOR_VERSIONS = {
    "FULLY_CONNECTED": 5,
    "DEPTHWISE_CONV_2D": 3,
    "CONV_2D": 3,
    "ADD": 2,
    "SUB": 2,
    "MUL": 2,
    "BATCH_MATMUL": 2,
    "SOFTMAX": 2,
    "LOGISTIC": 2,
    "TRANSPOSE": 2,
    "SLICE": 2,
    "STRIDED_SLICE": 2,
    "CONCATENATION": 2,
    "GREATER": 2,
}
"""Versions that carry int8 (per-channel where it applies); 1 for the others."""


class _AlignedBuffer(schema.BufferT):  # type: ignore[misc]
    """A constant's bytes, packed so that they begin at a multiple of 16 in the file."""

    def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802 - overrides the generated method
        data = None
        if self.data is not None:
            raw = self.data.tobytes()
            builder.StartVector(1, len(raw), CONSTANT_ALIGNMENT)
            builder.head = builder.head - len(raw)
            builder.Bytes[builder.head : builder.head + len(raw)] = raw
            data = builder.EndVector()
        schema.BufferStart(builder)
        if data is not None:
            schema.BufferAddData(builder, data)
        return int(schema.BufferEnd(builder))


class ModelWriter:
    """Collects subgraphs and metadata, then serialises them.

    Args:
        description: free text in the file.
    """

    def __init__(self, description: str) -> None:
        self._model = schema.ModelT()
        self._model.version = SCHEMA_VERSION
        self._model.description = description
        self._model.buffers = [_AlignedBuffer()]
        self._model.operatorCodes = []
        self._model.subgraphs = []
        self._model.metadata = []
        self._codes: dict[str, int] = {}

    def subgraph(self, name: str) -> SubgraphWriter:
        """Append a subgraph; the first one is the main graph."""
        graph = SubgraphWriter(self, name, len(self._model.subgraphs))
        self._model.subgraphs.append(graph.table)
        return graph

    def add_metadata(self, name: str, data: bytes) -> None:
        """Attach a named metadata buffer."""
        entry = schema.MetadataT()
        entry.name = name
        entry.buffer = self.buffer(data)
        self._model.metadata.append(entry)

    def buffer(self, data: bytes | None) -> int:
        """Append a buffer (``None``: empty) and return its index."""
        buffer = _AlignedBuffer()
        buffer.data = None if data is None else np.frombuffer(data, np.uint8)
        self._model.buffers.append(buffer)
        return len(self._model.buffers) - 1

    def operator_code(self, operator: str) -> int:
        """Index of an operator in the model's table, which it joins at first use."""
        if operator not in self._codes:
            code = schema.OperatorCodeT()
            code.builtinCode = OPERATOR_CODES[operator]
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)
            code.version = OPERATOR_VERSIONS.get(operator, 1)
            self._codes[operator] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(code)
        return self._codes[operator]

    def to_bytes(self) -> bytes:
        """Serialise the model."""
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self._model.Pack(builder), FILE_IDENTIFIER)
        return bytes(builder.Output())


class SubgraphWriter:
    """One subgraph; tensors are named by the index that the methods return."""

    def __init__(self, model: ModelWriter, name: str, index: int) -> None:
        self.index = index
        self.table = schema.SubGraphT()
        self.table.name = name
        self.table.tensors, self.table.operators = [], []
        self.table.inputs, self.table.outputs = [], []
        self._model = model

    def tensor(
        self,
        name: str,
        shape: Sequence[int],
        dtype: str = "int8",
        *,
        scale: ArrayLike | None = None,
        zero_point: int = 0,
        axis: int = 0,
        data: ArrayLike | None = None,
        is_variable: bool = False,
    ) -> int:
        """Append a tensor.

        Args:
            name: name in the file.
            shape: static shape.
            dtype: name of a tensor type, such as ``int8``, ``int32``, ``bool``, ``resource``; values of an
                ``int4`` constant are −8 … 7 and stored two a byte.
            scale: a float, or one a channel along ``axis``; ``None``: not quantized.
            zero_point: the same for every channel.
            axis: quantized dimension.
            data: values of a constant; ``None`` for a computed tensor.
            is_variable: the state of SVDF or UNIDIRECTIONAL_SEQUENCE_LSTM.
        """
        table = schema.TensorT()
        table.name = name
        table.shape = [int(size) for size in shape]
        table.type = TENSOR_TYPE_CODES[dtype]
        table.hasRank = True
        table.isVariable = is_variable
        raw = None if data is None else _constant_bytes(data, shape, dtype)
        table.buffer = self._model.buffer(raw)
        if scale is not None:
            table.quantization = _quantization(scale, zero_point, axis)
        self.table.tensors.append(table)
        return len(self.table.tensors) - 1

    def input(
        self,
        name: str,
        shape: Sequence[int],
        dtype: str = "int8",
        *,
        scale: float | None = None,
        zero_point: int = 0,
    ) -> int:
        """Append a tensor that is an input of the subgraph."""
        index = self.tensor(name, shape, dtype, scale=scale, zero_point=zero_point)
        self.table.inputs.append(index)
        return index

    def set_outputs(self, *tensors: int) -> None:
        """Declare the outputs, in order."""
        self.table.outputs = list(tensors)

    def operator(
        self, operator: str, inputs: Sequence[int], outputs: Sequence[int], options: Options | None = None
    ) -> None:
        """Append an operator; an input of −1 is an optional one left out."""
        table = schema.OperatorT()
        table.opcodeIndex = self._model.operator_code(operator)
        table.inputs, table.outputs = list(inputs), list(outputs)
        if options is not None:
            codec = OPTION_CODECS[operator]
            table.builtinOptionsType, table.builtinOptions = codec.code, codec.build(options)
        elif operator in EMPTY_OPTION_TABLES:
            name = EMPTY_OPTION_TABLES[operator]
            table.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            table.builtinOptions = getattr(schema, f"{name}T")()
        self.table.operators.append(table)


def _constant_bytes(data: ArrayLike, shape: Sequence[int], dtype: str) -> bytes:
    kind = "int8" if dtype == "int4" else dtype
    values: np.ndarray[Any, Any] = np.asarray(data, NUMPY_TYPES[kind], order="C")
    if values.shape != tuple(shape):
        raise ValueError(f"constant of shape {values.shape}, tensor of shape {tuple(shape)}")
    if dtype == "int4":
        return int4.pack(values)
    return values.astype(values.dtype.newbyteorder("<")).tobytes()


def _quantization(scale: ArrayLike, zero_point: int, axis: int) -> Any:
    table = schema.QuantizationParametersT()
    scales = np.atleast_1d(np.asarray(scale, np.float32))
    table.scale = scales.tolist()
    table.zeroPoint = [zero_point] * len(scales)
    table.quantizedDimension = axis
    return table
