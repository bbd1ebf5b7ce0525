"""BATCH_MATMUL of two computed tensors: strides and one rescaling."""

from __future__ import annotations

from dataclasses import dataclass

from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, Requantization


@dataclass(frozen=True)
class BatchMatmulShape:
    """``output[b][m][n] = Σ_k lhs[b][m][k] · rhs[b][k][n]``; strides in elements, output contiguous."""

    batches: int
    rows: int
    depth: int
    columns: int
    lhs_strides: tuple[int, int, int]
    """Of batch, row and depth."""
    rhs_strides: tuple[int, int, int]
    """Of batch, depth and column."""


def pack_batch_matmul(
    shape: BatchMatmulShape,
    lhs_zero_point: int,
    rhs_zero_point: int,
    output: Requantization,
    variant: KernelVariant,
) -> PackedOperator:
    """Pack a general batch matrix product; the portable kernel serves every variant.

    The hot case, one query row over a ring of positions, is :func:`pack_attention`.
    """
    del variant
    scalars = {
        "batches": shape.batches,
        "rows": shape.rows,
        "depth": shape.depth,
        "columns": shape.columns,
        "lhs_batch_stride": shape.lhs_strides[0],
        "lhs_row_stride": shape.lhs_strides[1],
        "lhs_depth_stride": shape.lhs_strides[2],
        "rhs_batch_stride": shape.rhs_strides[0],
        "rhs_depth_stride": shape.rhs_strides[1],
        "rhs_column_stride": shape.rhs_strides[2],
        "lhs_zero_point": lhs_zero_point,
        "rhs_zero_point": rhs_zero_point,
        "output_zero_point": output.zero_point,
        "output_multiplier": output.multiplier,
        "output_shift": output.shift,
    }
    return PackedOperator("ss_batch_matmul_s8_ref", "ss_batch_matmul_params", scalars)
