"""Attention of one query row over two rings: BATCH_MATMUL → SOFTMAX → BATCH_MATMUL in one kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.operator import (
    KernelVariant,
    PackedOperator,
    Requantization,
    exp_table_array,
    round_up,
)
from skipstone.firmware.codegen.packing.softmax import MAX_SIZE


@dataclass(frozen=True)
class AttentionShape:
    """``positions`` rows of ``heads · head_dim`` elements in both rings, ``row_stride`` elements apart."""

    heads: int
    head_dim: int
    positions: int
    row_stride: int


def scratch_bytes(shape: AttentionShape, variant: KernelVariant) -> int:
    """Scratch of the kernel, as ss_kernels.h states it."""
    positions = round_up(shape.positions, 4)
    match variant:
        case KernelVariant.DSP:
            return 2 * round_up(shape.head_dim, 4) + 2 * positions
        case KernelVariant.MVE:
            return 4 * positions
        case _:
            return positions


def is_exact(
    variant: KernelVariant, shape: AttentionShape, query_zero_point: int, largest_shift: int
) -> bool:
    """Whether ``variant`` computes this attention exactly.

    MVE multiplies raw int8 queries and has no left shift. DSP needs right shifts of at least 1 and
    accumulators below 2^30, because they are doubled before SMMULR.
    """
    if variant == KernelVariant.DSP:
        return largest_shift < 0 and 255 * 255 * max(shape.head_dim, shape.positions) < 1 << 30
    return variant == KernelVariant.REF or (query_zero_point == 0 and largest_shift <= 0)


def pack_attention(
    shape: AttentionShape,
    zero_points: tuple[int, int, int],
    score: Requantization,
    context: Requantization,
    exp_table: NDArray[np.int32],
    variant: KernelVariant,
) -> PackedOperator:
    """Pack one attention.

    Args:
        zero_points: of query, key and value.
        score: rescaling of query · key; ``zero_point`` is that of the scores.
        context: rescaling of probability · value; ``zero_point`` is that of the context.
        exp_table: int32[256] for the score scale and beta.
    """
    if not 1 <= shape.positions <= MAX_SIZE:
        raise ValueError(f"attention: {shape.positions} positions are outside 1 … {MAX_SIZE}")
    query_zero_point, key_zero_point, value_zero_point = zero_points
    if not is_exact(variant, shape, query_zero_point, max(score.shift, context.shift)):
        variant = KernelVariant.REF
    scalars = {
        "heads": shape.heads,
        "head_dim": shape.head_dim,
        "positions": shape.positions,
        "row_stride": shape.row_stride,
        "query_zero_point": query_zero_point,
        "key_zero_point": key_zero_point,
        "value_zero_point": value_zero_point,
        "score_zero_point": score.zero_point,
        "score_multiplier": score.multiplier,
        "score_shift": score.shift,
        "context_zero_point": context.zero_point,
        "context_multiplier": context.multiplier,
        "context_shift": context.shift,
    }
    return PackedOperator(
        f"ss_attention_s8_{variant}",
        "ss_attention_params",
        scalars,
        {"exp_table": exp_table_array(exp_table)},
        scratch_bytes(shape, variant),
    )
