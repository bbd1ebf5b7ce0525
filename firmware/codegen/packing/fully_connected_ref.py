"""FULLY_CONNECTED, plain layout of the portable kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from skipstone.firmware.codegen.packing.operator import PackedOperator, per_channel, plain_array


def fold_input_zero_point(weights: NDArray[np.int8], bias: ArrayLike, zero_point: int) -> NDArray[np.int64]:
    """``bias − zero_point · Σ_k weights[n, k]`` as int32 registers hold it.

    Args:
        weights: int8[N, K].
        bias: int32[N] or 0.

    Returns:
        int64[N] with values in the range of int32.
    """
    output_size = weights.shape[0]
    folded = per_channel(bias, output_size) - zero_point * weights.astype(np.int64).sum(axis=1)
    return (folded + (1 << 31)) % (1 << 32) - (1 << 31)


@dataclass(frozen=True, eq=False)
class FullyConnectedLayer:
    """Constants of one layer before packing.

    Attributes:
        weights: int8[N, K].
        bias: int64[N] in the range of int32, input zero point folded in.
        multiplier: int64[N].
        shift: int64[N], left positive.
        scalars: the output's zero point and clamp, named as in the C structs.
    """

    weights: NDArray[np.int8]
    bias: NDArray[np.int64]
    multiplier: NDArray[np.int64]
    shift: NDArray[np.int64]
    scalars: Mapping[str, int]

    @property
    def accumulator_bound(self) -> NDArray[np.int64]:
        """Largest magnitude that each accumulator can reach for any input, int64[N]."""
        return np.abs(self.bias) + 128 * np.abs(self.weights.astype(np.int64)).sum(axis=1)


def pack_ref(layer: FullyConnectedLayer) -> PackedOperator:
    """Weights in rows, per-channel constants in arrays of their own."""
    output_size, input_size = layer.weights.shape
    arrays = {
        "weights": plain_array("weights", layer.weights, np.int8),
        "bias": plain_array("bias", layer.bias, np.int32),
        "multiplier": plain_array("multiplier", layer.multiplier, np.int32),
        "shift": plain_array("shift", layer.shift, np.int8),
    }
    scalars = {"input_size": input_size, "output_size": output_size, **layer.scalars}
    return PackedOperator("ss_fully_connected_s8_ref", "ss_fully_connected_params", scalars, arrays)
