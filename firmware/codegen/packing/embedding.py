"""GATHER of one row a token: the table as it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, plain_array


def pack_embedding(table: NDArray[np.int8], tokens: int, variant: KernelVariant) -> PackedOperator:
    """Pack an embedding; the portable kernel, which copies rows, serves every variant.

    Args:
        table: int8[V, width].
        tokens: rows to copy.
    """
    del variant
    scalars = {"token_count": tokens, "width": table.shape[1]}
    arrays = {"table": plain_array("table", table, np.int8)}
    return PackedOperator("ss_embedding_s8_ref", "ss_embedding_params", scalars, arrays)
