"""SOFTMAX over the last axis: a table of exponentials."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, exp_table_array

MAX_SIZE = 511
"""Elements a row: the sum of exponentials stays below 2^28, so TFLM's last rounding shift is at most 31."""


def pack_softmax(
    rows: int, size: int, exp_table: NDArray[np.int32], variant: KernelVariant
) -> PackedOperator:
    """Pack a stand-alone softmax.

    Args:
        rows: number of rows.
        size: elements a row, at most 511.
        exp_table: int32[256] of :func:`skipstone.quantize.arithmetic.softmax.softmax_exp_table`.
    """
    if not 1 <= size <= MAX_SIZE:
        raise ValueError(f"softmax: {size} elements a row are outside 1 … {MAX_SIZE}")
    scalars = {"rows": rows, "size": size}
    arrays = {"exp_table": exp_table_array(exp_table)}
    return PackedOperator(f"ss_softmax_s8_{variant}", "ss_softmax_params", scalars, arrays)
