"""FULLY_CONNECTED: choice of the layout for one kernel variant."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skipstone.firmware.codegen.packing.fully_connected_dsp import can_pack_dsp, pack_dsp
from skipstone.firmware.codegen.packing.fully_connected_int4 import pack_int4
from skipstone.firmware.codegen.packing.fully_connected_mve import can_pack_mve, pack_mve
from skipstone.firmware.codegen.packing.fully_connected_ref import (
    FullyConnectedLayer,
    fold_input_zero_point,
    pack_ref,
)
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, per_channel


def pack_fully_connected(
    weights: NDArray[np.int8],
    bias: ArrayLike,
    input_zero_point: int,
    multipliers: ArrayLike,
    shifts: ArrayLike,
    variant: KernelVariant,
    *,
    output_zero_point: int,
    activation_min: int = -128,
    activation_max: int = 127,
    weight_bits: int = 8,
) -> PackedOperator:
    """Pack a layer for ``variant``, or for the portable kernel where the variant is not exact for the layer.

    Args:
        weights: int8[N, K], zero point 0.
        bias: int32[N] or 0, not yet corrected for the input zero point.
        input_zero_point: of the input vector.
        multipliers: Q0.31, one a row or one for all.
        shifts: likewise, left positive.
        weight_bits: 8, or 4 for weights −8 … 7 that are to be stored two a byte.
    """
    output_size = weights.shape[0]
    layer = FullyConnectedLayer(
        weights=weights,
        bias=fold_input_zero_point(weights, bias, input_zero_point),
        multiplier=per_channel(multipliers, output_size),
        shift=per_channel(shifts, output_size),
        scalars={
            "output_zero_point": output_zero_point,
            "activation_min": activation_min,
            "activation_max": activation_max,
        },
    )
    if weight_bits == 4:
        return pack_int4(layer, variant)
    if variant == KernelVariant.DSP and can_pack_dsp(layer):
        return pack_dsp(layer)
    if variant == KernelVariant.MVE and can_pack_mve(layer):
        return pack_mve(layer)
    return pack_ref(layer)
