"""The one place that imports the FlatBuffer schema, which the ``tflite-micro`` wheel carries."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated

schema: Any = schema_py_generated
"""Generated classes: ``schema.ModelT`` (object API), ``schema.Model`` (lazy tables), the enumerations."""

FILE_IDENTIFIER = b"TFL3"
SCHEMA_VERSION = 3


def _names_by_value(enumeration: type) -> MappingProxyType[int, str]:
    pairs = {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}
    return MappingProxyType(pairs)


OPERATOR_NAMES = _names_by_value(schema.BuiltinOperator)
"""Builtin operator code → ``"FULLY_CONNECTED"`` …"""
OPERATOR_CODES = MappingProxyType({name: code for code, name in OPERATOR_NAMES.items()})
TENSOR_TYPE_NAMES = MappingProxyType(
    {value: name.lower() for value, name in _names_by_value(schema.TensorType).items()}
)
"""Tensor type code → ``"int8"``, ``"bool"``, ``"resource"`` …"""
TENSOR_TYPE_CODES = MappingProxyType({name: code for code, name in TENSOR_TYPE_NAMES.items()})

NUMPY_TYPES: MappingProxyType[str, np.dtype[Any]] = MappingProxyType(
    {
        name: np.dtype(name)
        for name in ("int8", "uint8", "int16", "int32", "int64", "float32", "float64", "bool")
    }
)
"""Tensor types whose constants the reader decodes."""

ACTIVATION_NAMES = MappingProxyType({0: "none", 1: "relu", 2: "relu_n1_to_1", 3: "relu6"})
ACTIVATION_CODES = MappingProxyType({name: code for code, name in ACTIVATION_NAMES.items()})
PADDING_NAMES = MappingProxyType({schema.Padding.SAME: "same", schema.Padding.VALID: "valid"})
PADDING_CODES = MappingProxyType({name: code for code, name in PADDING_NAMES.items()})
