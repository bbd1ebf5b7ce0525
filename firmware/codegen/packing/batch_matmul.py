"""BATCH_MATMUL of two computed tensors: strides and one rescaling."""

from __future__ import annotations

from dataclasses import dataclass

from skipstone.firmware.codegen.packing.operator import (
    KernelVariant,
    PackedOperator,
    Requantization,
    round_up,
)


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

    @property
    def scalars(self) -> dict[str, int]:
        """The members of the params struct that say this, for every width of the activations."""
        return {
            "batches": self.batches,
            "rows": self.rows,
            "depth": self.depth,
            "columns": self.columns,
            "lhs_batch_stride": self.lhs_strides[0],
            "lhs_row_stride": self.lhs_strides[1],
            "lhs_depth_stride": self.lhs_strides[2],
            "rhs_batch_stride": self.rhs_strides[0],
            "rhs_depth_stride": self.rhs_strides[1],
            "rhs_column_stride": self.rhs_strides[2],
        }


def pack_batch_matmul(
    shape: BatchMatmulShape,
    lhs_zero_point: int,
    rhs_zero_point: int,
    output: Requantization,
    variant: KernelVariant,
) -> PackedOperator:
    """Pack a batch matrix product for ``variant``, or for the portable kernel where that is not exact.

    The hot case, one query row over a ring of positions, is :func:`pack_attention`.
    """
    if not _is_exact(shape, output.shift, variant):
        variant = KernelVariant.REF
    scalars = {
        **shape.scalars,
        "lhs_zero_point": lhs_zero_point,
        "rhs_zero_point": rhs_zero_point,
        "output_zero_point": output.zero_point,
        "output_multiplier": output.multiplier,
        "output_shift": output.shift,
    }
    scratch_bytes = 2 * round_up(shape.depth, 4) if variant == KernelVariant.DSP else 0
    return PackedOperator(
        f"ss_batch_matmul_s8_{variant}", "ss_batch_matmul_params", scalars, scratch_bytes=scratch_bytes
    )


def _is_exact(shape: BatchMatmulShape, shift: int, variant: KernelVariant) -> bool:
    """Whether ``variant`` computes this product exactly.

    The fast kernels read contiguous left rows and a right side that is contiguous along depth or columns.
    MVE has no left shift. DSP shifts right by at least 1 and doubles accumulators, which stay below 2^30.
    """
    is_contiguous = shape.lhs_strides[2] == 1 and 1 in shape.rhs_strides[1:]
    if variant == KernelVariant.REF or not is_contiguous:
        return False
    return shift <= 0 if variant == KernelVariant.MVE else shift < 0 and 255 * 255 * shape.depth < 1 << 30
