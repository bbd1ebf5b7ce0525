"""Strict TFLite reader: bytes → :class:`~skipstone.quantize.tflite.model.Model`, or one :class:`TfliteError`.

FlatBuffers carry no checksum, and the generated accessors follow whatever offsets the file holds. Three
things keep a damaged or hostile file from doing harm: out-of-range accesses raise and are translated, vector
lengths are compared with the file's size before they are walked, and a budget limits the total work, because
offsets may share targets and so multiply.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.quantize.tflite import int4
from skipstone.quantize.tflite.errors import TfliteError
from skipstone.quantize.tflite.model import Model, Operator, Quantization, Subgraph, Tensor, read_only
from skipstone.quantize.tflite.options import OPTION_CODECS, Options
from skipstone.quantize.tflite.schema import (
    FILE_IDENTIFIER,
    NUMPY_TYPES,
    OPERATOR_NAMES,
    SCHEMA_VERSION,
    TENSOR_TYPE_NAMES,
    schema,
)
from skipstone.quantize.tflite.validation import validate

OPEN = -1
"""A dimension that is known at run time only."""
MAX_RANK = 8
MAX_TENSOR_BYTES = 1 << 28
MAX_TABLES = 20_000
"""Tensors, operators, buffers and subgraphs of one file together."""
MAX_VECTOR_ELEMENTS = 4_000_000
"""Elements of all vectors (shapes, scales, names, operands) together; constants do not count."""

_MALFORMED = (struct.error, IndexError, KeyError, ValueError, TypeError, OverflowError, AttributeError)


def read_model(data: bytes) -> Model:
    """Read and validate a model.

    Args:
        data: a whole .tflite file. Constants of the result are views of it.

    Raises:
        TfliteError: with what is wrong and where, in one line.
    """
    if len(data) < 16 or data[4:8] != FILE_IDENTIFIER:
        raise TfliteError("not a TFLite file: the identifier TFL3 is missing at byte 4")
    try:
        model = _Reader(bytes(data)).model()
    except _MALFORMED as error:
        raise TfliteError(f"damaged TFLite file ({type(error).__name__}: {error})") from error
    validate(model)
    return model


def read_file_bytes(path: Path) -> bytes:
    """Read a file; a missing or unreadable one is a :class:`TfliteError`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise TfliteError(f"cannot read {path}: {error.strerror}", "check the path") from error


class _Reader:
    """Walks the lazy tables of one file."""

    def __init__(self, data: bytes) -> None:
        self._size = len(data)
        self._tables = 0
        self._elements = 0
        self._root = schema.Model.GetRootAs(data, 0)
        self._buffers: list[NDArray[np.uint8] | None] = []
        self._operators: list[tuple[str, int]] = []

    def model(self) -> Model:
        root = self._root
        if root.Version() != SCHEMA_VERSION:
            raise TfliteError(
                f"TFLite schema version {root.Version()} is not supported, only {SCHEMA_VERSION}"
            )
        self._buffers = [self._buffer(root.Buffers(i)) for i in self._table_range(root.BuffersLength())]
        codes = self._table_range(root.OperatorCodesLength())
        self._operators = [self._operator_code(root.OperatorCodes(i)) for i in codes]
        count = root.SubgraphsLength()
        if count == 0:
            raise TfliteError("the file has no subgraph")
        subgraphs = tuple(self._subgraph(root.Subgraphs(i), i) for i in self._table_range(count))
        return Model(self._text(root.Description()), subgraphs, self._metadata())

    def _table_range(self, length: int) -> range:
        self._tables += length
        if self._tables > MAX_TABLES:
            raise TfliteError(f"the file declares more than {MAX_TABLES} tensors, operators and buffers")
        return range(length)

    def _element_range(self, length: int) -> range:
        self._elements += length
        if length > self._size or self._elements > MAX_VECTOR_ELEMENTS:
            raise TfliteError("the file declares vectors longer than itself")
        return range(length)

    def _text(self, raw: bytes | None) -> str:
        if raw is None:
            return ""
        self._element_range(len(raw))
        return raw.decode()

    def _buffer(self, table: Any) -> NDArray[np.uint8] | None:
        if table.Offset() > 1:
            raise TfliteError("buffers outside the FlatBuffer (models over 2 GB) are not supported")
        if table.DataIsNone() or table.DataLength() == 0:
            return None
        if table.DataLength() > self._size:
            raise TfliteError(f"a buffer of {table.DataLength()} bytes in a file of {self._size}")
        values: NDArray[np.uint8] = table.DataAsNumpy()
        return values

    def _operator_code(self, table: Any) -> tuple[str, int]:
        code = max(table.BuiltinCode(), table.DeprecatedBuiltinCode())
        name = OPERATOR_NAMES.get(code)
        if name is None:
            raise TfliteError(
                f"unknown builtin operator code {code}", "use a file of TFLite schema version 3"
            )
        if name == "CUSTOM":
            name = f"CUSTOM:{self._text(table.CustomCode())}"
        return name, int(table.Version())

    def _metadata(self) -> Mapping[str, bytes]:
        entries: dict[str, bytes] = {}
        for i in self._table_range(self._root.MetadataLength()):
            entry = self._root.Metadata(i)
            name = self._text(entry.Name())
            if name in entries:
                raise TfliteError(f"metadata '{name}' occurs twice")
            if entry.Buffer() >= len(self._buffers):
                raise TfliteError(
                    f"metadata '{name}' refers to buffer {entry.Buffer()}, which does not exist"
                )
            data = self._buffers[entry.Buffer()]
            entries[name] = b"" if data is None else data.tobytes()
        return MappingProxyType(entries)

    def _subgraph(self, table: Any, index: int) -> Subgraph:
        name = self._text(table.Name())
        tensors = self._table_range(table.TensorsLength())
        operators = self._table_range(table.OperatorsLength())
        subgraph = Subgraph(
            index,
            name,
            tuple(self._tensor(table.Tensors(i), i, name) for i in tensors),
            tuple(self._operator(table.Operators(i), i, name) for i in operators),
            tuple(int(table.Inputs(i)) for i in self._element_range(table.InputsLength())),
            tuple(int(table.Outputs(i)) for i in self._element_range(table.OutputsLength())),
        )
        for label in ("Tensors", "Inputs", "Outputs"):
            if getattr(table, f"{label}IsNone")():  # TFLM follows the null pointer; an empty list is fine
                raise TfliteError(f"subgraph '{name or index}' has no list of {label.lower()}")
        return subgraph

    def _tensor(self, table: Any, index: int, subgraph: str) -> Tensor:
        name = self._text(table.Name())
        where = f"tensor '{name or index}' of subgraph '{subgraph}'"
        if table.ShapeLength() > MAX_RANK:
            raise TfliteError(f"{where}: rank {table.ShapeLength()} is more than {MAX_RANK}")
        declared = tuple(int(table.Shape(i)) for i in self._element_range(table.ShapeLength()))
        signature = range(min(table.ShapeSignatureLength(), MAX_RANK))
        # An open first axis is the batch; the declared shape, most often 1, is what TFLM runs.
        is_dynamic = OPEN in declared or any(table.ShapeSignature(i) < 0 for i in signature[1:])
        shape = tuple(1 if size == OPEN else size for size in declared)
        dtype = TENSOR_TYPE_NAMES.get(table.Type())
        if dtype is None:
            raise TfliteError(f"{where}: unknown type {table.Type()}")
        if table.Sparsity() is not None:
            raise TfliteError(f"{where}: sparse tensors are not supported", "store the tensor dense")
        if any(size < 0 for size in shape) or prod(shape) * 8 > MAX_TENSOR_BYTES:
            raise TfliteError(f"{where}: shape {list(shape)} is negative or too large")
        data = self._constant(table.Buffer(), shape, dtype, where)
        quantization = self._quantization(table.Quantization(), where)
        return Tensor(index, name, shape, dtype, quantization, data, bool(table.IsVariable()), is_dynamic)

    def _constant(self, buffer: int, shape: tuple[int, ...], dtype: str, where: str) -> NDArray[Any] | None:
        if buffer >= len(self._buffers):
            raise TfliteError(f"{where}: buffer {buffer} does not exist")
        raw = self._buffers[buffer]
        if raw is None:
            return None
        if dtype == "int4":
            return self._int4_constant(raw, shape, where)
        kind = NUMPY_TYPES.get(dtype)
        if kind is None:
            return read_only(raw.view())
        if prod(shape) * kind.itemsize != raw.size:
            raise TfliteError(f"{where}: {dtype}{list(shape)} does not fit its buffer of {raw.size} bytes")
        if kind == np.bool_ and raw.size and raw.max() > 1:
            raise TfliteError(f"{where}: a bool constant holds values other than 0 and 1")
        little_endian = np.frombuffer(raw.tobytes() if raw.size < 4096 else raw, kind.newbyteorder("<"))
        return read_only(little_endian.reshape(shape))

    def _int4_constant(self, raw: NDArray[np.uint8], shape: tuple[int, ...], where: str) -> NDArray[np.int8]:
        """Unpacked to int8, −8 … 7."""
        if int4.packed_bytes(prod(shape)) != raw.size:
            raise TfliteError(f"{where}: int4{list(shape)} does not fit its buffer of {raw.size} bytes")
        return read_only(int4.unpack(raw, shape))

    def _quantization(self, table: Any, where: str) -> Quantization | None:
        if table is None or table.ScaleLength() == 0:
            return None
        if table.DetailsType() not in (schema.QuantizationDetails.NONE,):
            raise TfliteError(f"{where}: blockwise or custom quantization is not supported")
        count, zero_points = table.ScaleLength(), table.ZeroPointLength()
        self._element_range(count)
        self._element_range(zero_points)
        if zero_points == 0:  # TFLM takes such a tensor for unquantized, and aborts in the kernels
            raise TfliteError(f"{where}: {count} scales but no zero points")
        scales = tuple(float(s) for s in table.ScaleAsNumpy())
        points = tuple(int(z) for z in table.ZeroPointAsNumpy())
        return Quantization(scales, points, int(table.QuantizedDimension()))

    def _operator(self, table: Any, index: int, subgraph: str) -> Operator:
        opcode = table.OpcodeIndex()
        if opcode >= len(self._operators):
            raise TfliteError(f"operator {index} of subgraph '{subgraph}' has no operator code {opcode}")
        name, version = self._operators[opcode]
        return Operator(
            index,
            name,
            version,
            tuple(int(table.Inputs(i)) for i in self._element_range(table.InputsLength())),
            tuple(int(table.Outputs(i)) for i in self._element_range(table.OutputsLength())),
            _options(table, name, f"{name.lower()} {index} of subgraph '{subgraph}'"),
        )


def _options(table: Any, name: str, where: str) -> Options | None:
    codec = OPTION_CODECS.get(name)
    union = table.BuiltinOptions()
    if codec is None:
        return None
    if union is None:
        union_type = schema.BuiltinOptions.NONE
        lazy = None
    else:
        union_type = table.BuiltinOptionsType()
        lazy = getattr(schema, codec.table)()
        lazy.Init(union.Bytes, union.Pos)
    if lazy is None and codec.optional is not None:
        return codec.optional
    if lazy is None or union_type != codec.code:
        raise TfliteError(f"{where}: options of type {codec.table} are missing")
    return codec.read(lazy)
