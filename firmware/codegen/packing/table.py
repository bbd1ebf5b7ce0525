"""Unary operators: a table of 256 bytes, indexed by the input byte."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, plain_array


def pack_table(size: int, table: NDArray[Any], variant: KernelVariant) -> PackedOperator:
    """Pack ``output[i] = table[input[i]]``.

    Args:
        size: elements.
        table: int8[256] or uint8[256], indexed by the input read as uint8
            (``skipstone.quantize.arithmetic.tables``).
    """
    if table.shape != (256,):
        raise ValueError(f"a table has 256 entries, not shape {table.shape}")
    suffix = KernelVariant.MVE if variant == KernelVariant.MVE else KernelVariant.REF
    arrays = {"table": plain_array("table", table.view(np.int8), np.int8)}
    return PackedOperator(f"ss_table_s8_{suffix}", "ss_table_params", {"size": size}, arrays)
