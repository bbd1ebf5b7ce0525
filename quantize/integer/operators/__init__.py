"""One module an operator, each with ``prepare(node) -> Kernel``; :data:`OPERATORS` is the registry."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from skipstone.quantize.integer.node import Kernel, Node
from skipstone.quantize.integer.operators import (
    add,
    batch_matmul,
    call_once,
    concatenation,
    conditional,
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    gather,
    greater,
    logistic,
    quantize,
    reshape,
    slice_operator,
    softmax,
    strided_slice,
    transpose,
    variables,
)

OPERATORS: MappingProxyType[str, Callable[[Node], Kernel]] = MappingProxyType(
    {
        "ADD": add.prepare,
        "ASSIGN_VARIABLE": variables.prepare_assign,
        "BATCH_MATMUL": batch_matmul.prepare,
        "CALL_ONCE": call_once.prepare,
        "CONCATENATION": concatenation.prepare,
        "CONV_2D": conv_2d.prepare,
        "DEPTHWISE_CONV_2D": depthwise_conv_2d.prepare,
        "FULLY_CONNECTED": fully_connected.prepare,
        "GATHER": gather.prepare,
        "GREATER": greater.prepare,
        "IF": conditional.prepare,
        "LOGISTIC": logistic.prepare,
        "QUANTIZE": quantize.prepare,
        "READ_VARIABLE": variables.prepare_read,
        "RESHAPE": reshape.prepare,
        "SLICE": slice_operator.prepare,
        "SOFTMAX": softmax.prepare,
        "STRIDED_SLICE": strided_slice.prepare,
        "TRANSPOSE": transpose.prepare,
        "VAR_HANDLE": variables.prepare_handle,
    }
)
"""TFLite operator name → its ``prepare``."""
