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
    dequantize,
    fully_connected,
    gather,
    greater,
    logistic,
    maximum_minimum,
    mean,
    mul,
    pack,
    pad,
    pooling,
    quantize,
    reshape,
    slice_operator,
    softmax,
    split,
    strided_slice,
    sub,
    table,
    transpose,
    variables,
)

OPERATORS: MappingProxyType[str, Callable[[Node], Kernel]] = MappingProxyType(
    {
        "ADD": add.prepare,
        "ASSIGN_VARIABLE": variables.prepare_assign,
        "AVERAGE_POOL_2D": pooling.prepare_average,
        "BATCH_MATMUL": batch_matmul.prepare,
        "CALL_ONCE": call_once.prepare,
        "CONCATENATION": concatenation.prepare,
        "CONV_2D": conv_2d.prepare,
        "DEPTHWISE_CONV_2D": depthwise_conv_2d.prepare,
        "DEQUANTIZE": dequantize.prepare,
        "FULLY_CONNECTED": fully_connected.prepare,
        "GATHER": gather.prepare,
        "GREATER": greater.prepare,
        "HARD_SWISH": table.prepare_hard_swish,
        "IF": conditional.prepare,
        "LEAKY_RELU": table.prepare_leaky_relu,
        "LOGISTIC": logistic.prepare,
        "MAXIMUM": maximum_minimum.prepare_maximum,
        "MAX_POOL_2D": pooling.prepare_max,
        "MEAN": mean.prepare,
        "MINIMUM": maximum_minimum.prepare_minimum,
        "MUL": mul.prepare,
        "PACK": pack.prepare_pack,
        "PAD": pad.prepare,
        "PADV2": pad.prepare,
        "QUANTIZE": quantize.prepare,
        "READ_VARIABLE": variables.prepare_read,
        "RELU": table.prepare_relu,
        "RELU6": table.prepare_relu6,
        "RESHAPE": reshape.prepare,
        "SLICE": slice_operator.prepare,
        "SOFTMAX": softmax.prepare,
        "SPLIT": split.prepare_split,
        "SPLIT_V": split.prepare_split_v,
        "STRIDED_SLICE": strided_slice.prepare,
        "SUB": sub.prepare,
        "TANH": table.prepare_tanh,
        "TRANSPOSE": transpose.prepare,
        "UNPACK": pack.prepare_unpack,
        "VAR_HANDLE": variables.prepare_handle,
    }
)
"""TFLite operator name → its ``prepare``."""
