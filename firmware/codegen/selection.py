"""Kernel selection: which C function runs an operation on a board, and its packed constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from skipstone.firmware.codegen import packing
from skipstone.firmware.codegen.operations import (
    Add,
    Attention,
    DepthwiseConv,
    Embedding,
    FullyConnected,
    FullyConnectedAdd,
    KernelCall,
    Operation,
    Requantization,
)
from skipstone.firmware.codegen.packing.attention import AttentionShape
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.firmware.codegen.program import Program

Selection = Mapping[Operation, PackedOperator]
"""Kernel of every operation that needs one; copies, compares and ring indices are plain C."""


def select_kernels(program: Program, variant: KernelVariant) -> Selection:
    """Choose and pack for the board's kernel variant, in order of execution."""
    operations = [operation for function in program.functions() for operation in function.operations]
    return MappingProxyType(
        {op: _PACKERS[type(op)](op, variant) for op in operations if type(op) in _PACKERS}
    )


def _kernel_call(op: KernelCall, variant: KernelVariant) -> PackedOperator:
    return op.pack(variant)


def _fully_connected(op: FullyConnected, variant: KernelVariant) -> PackedOperator:
    return packing.pack_fully_connected(
        op.weights,
        op.bias,
        op.input_zero_point,
        op.requantization.multipliers,
        op.requantization.shifts,
        variant,
        **_output(op.requantization),
        weight_bits=op.weight_bits,
    )


def _depthwise(op: DepthwiseConv, variant: KernelVariant) -> PackedOperator:
    return packing.pack_depthwise_ring(
        op.weights,
        op.bias,
        op.input_zero_point,
        op.requantization.multipliers,
        op.requantization.shifts,
        variant,
        **_output(op.requantization),
    )


def _add(op: Add, variant: KernelVariant) -> PackedOperator:
    p = op.parameters
    return packing.pack_add(
        op.output.bytes,
        packing.Requantization(p.a_multiplier, p.a_shift, p.a_zero_point),
        packing.Requantization(p.b_multiplier, p.b_shift, p.b_zero_point),
        packing.Requantization(p.output_multiplier, p.output_shift, p.output_zero_point),
        variant,
        activation_min=op.low,
        activation_max=op.high,
    )


def _fully_connected_add(op: FullyConnectedAdd, variant: KernelVariant) -> PackedOperator:
    return packing.pack_fully_connected_add(
        _PACKERS[FullyConnected](op.layer, variant), _PACKERS[Add](op.add, variant)
    )


def _attention(op: Attention, variant: KernelVariant) -> PackedOperator:
    return packing.pack_attention(
        AttentionShape(op.heads, op.head_dim, op.positions, op.row_stride),
        (op.query_zero_point, op.key_zero_point, op.value_zero_point),
        _scalar(op.score),
        _scalar(op.context),
        op.exp_table,
        variant,
    )


def _embedding(op: Embedding, variant: KernelVariant) -> PackedOperator:
    return packing.pack_embedding(op.table, op.tokens, variant)


def _scalar(requantization: Requantization) -> packing.Requantization:
    multiplier, shift = int(requantization.multipliers[0]), int(requantization.shifts[0])
    return packing.Requantization(multiplier, shift, requantization.zero_point)


def _output(requantization: Requantization) -> dict[str, int]:
    return {
        "output_zero_point": requantization.zero_point,
        "activation_min": requantization.low,
        "activation_max": requantization.high,
    }


_PACKERS: Mapping[type[Operation], Callable[[Any, KernelVariant], PackedOperator]] = MappingProxyType(
    {
        FullyConnected: _fully_connected,
        DepthwiseConv: _depthwise,
        Add: _add,
        FullyConnectedAdd: _fully_connected_add,
        Attention: _attention,
        Embedding: _embedding,
        KernelCall: _kernel_call,
    }
)
