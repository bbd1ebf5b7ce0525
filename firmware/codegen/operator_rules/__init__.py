"""Supported operators of code generation, one declaration each: check, lowering, kernels, reference."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from skipstone.firmware.codegen.operator_rules import (
    convolution,
    elementwise,
    fully_connected,
    loops,
    lstm,
    matmul,
    movement,
    pooling,
    structure,
    svdf,
    table,
)
from skipstone.firmware.codegen.operator_rules.rule import Rule

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "ADD": elementwise.ADD,
        "ASSIGN_VARIABLE": structure.ASSIGN_VARIABLE,
        "AVERAGE_POOL_2D": pooling.AVERAGE_POOL_2D,
        "BATCH_MATMUL": matmul.BATCH_MATMUL,
        "CALL_ONCE": structure.CALL_ONCE,
        "CONCATENATION": movement.CONCATENATION,
        "CONV_2D": convolution.CONV_2D,
        "DEPTHWISE_CONV_2D": convolution.DEPTHWISE_CONV_2D,
        "DEQUANTIZE": structure.DEQUANTIZE,
        "FULLY_CONNECTED": fully_connected.RULE,
        "GATHER": movement.GATHER,
        "GREATER": structure.GREATER,
        "HARD_SWISH": table.HARD_SWISH,
        "IF": structure.IF,
        "LEAKY_RELU": table.LEAKY_RELU,
        "LESS": loops.LESS,
        "LOGISTIC": table.LOGISTIC,
        "MAXIMUM": elementwise.MAXIMUM,
        "MAX_POOL_2D": pooling.MAX_POOL_2D,
        "MEAN": pooling.MEAN,
        "MINIMUM": elementwise.MINIMUM,
        "MUL": elementwise.MUL,
        "PACK": movement.PACK,
        "PAD": movement.PAD,
        "PADV2": movement.PAD,
        "QUANTIZE": table.QUANTIZE,
        "READ_VARIABLE": structure.READ_VARIABLE,
        "RELU": table.RELU,
        "RELU6": table.RELU6,
        "RESHAPE": movement.RESHAPE,
        "SLICE": movement.SLICE,
        "SOFTMAX": matmul.SOFTMAX,
        "SPLIT": movement.SPLIT,
        "SPLIT_V": movement.SPLIT_V,
        "STRIDED_SLICE": movement.STRIDED_SLICE,
        "SUB": elementwise.SUB,
        "SVDF": svdf.RULE,
        "TANH": table.TANH,
        "TRANSPOSE": movement.TRANSPOSE,
        "UNIDIRECTIONAL_SEQUENCE_LSTM": lstm.RULE,
        "UNPACK": movement.UNPACK,
        "VAR_HANDLE": structure.VAR_HANDLE,
        "WHILE": loops.WHILE,
    }
)
"""Supported operators; a test walks the table and compares it with the integer model's."""

__all__ = ["RULES", "Rule"]
