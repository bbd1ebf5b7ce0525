"""SVDF: weights in rows, both zero points folded into biases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skipstone.firmware.codegen.packing.fully_connected_ref import fold_input_zero_point
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, plain_array
from skipstone.quantize.arithmetic.fixed_point import wrap_int32
from skipstone.quantize.arithmetic.svdf import SvdfParameters


@dataclass(frozen=True, eq=False)
class SvdfLayer:
    """Constants of a SVDF.

    Attributes:
        batches: rows of the input.
        rank: filters of a unit.
        feature: int8[filters, in].
        time: int8 or int16[filters, memory]; the state has the same type.
        bias: int32[filters / rank].
        zero_points: of input, state and output.
        parameters: multipliers and shifts.
    """

    batches: int
    rank: int
    feature: NDArray[np.int8]
    time: NDArray[np.int8] | NDArray[np.int16]
    bias: NDArray[np.int32]
    zero_points: tuple[int, int, int]
    parameters: SvdfParameters

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one execution."""
        return self.batches * (self.feature.size + self.time.size)


def pack_svdf(layer: SvdfLayer, variant: KernelVariant) -> PackedOperator:
    """Pack a layer; every variant is exact for every layer."""
    units = layer.bias.size
    weights_of_unit = layer.time.astype(np.int64).reshape(units, -1).sum(axis=1)
    feature_bias = fold_input_zero_point(layer.feature, 0, layer.zero_points[0])
    scalars = {
        "batches": layer.batches,
        "input_size": layer.feature.shape[1],
        "memory": layer.time.shape[1],
        "rank": layer.rank,
        "units": units,
        "feature_multiplier": layer.parameters.feature[0],
        "feature_shift": layer.parameters.feature[1],
        "state_zero_point": layer.zero_points[1],
        "output_zero_point": layer.zero_points[2],
        "output_multiplier": layer.parameters.output[0],
        "output_shift": layer.parameters.output[1],
    }
    bias = wrap_int32(layer.bias.astype(np.int64) - layer.zero_points[1] * weights_of_unit)
    arrays = {
        "feature_weights": plain_array("feature_weights", layer.feature, np.int8),
        "feature_bias": plain_array("feature_bias", feature_bias, np.int32),
        "bias": plain_array("bias", bias, np.int32),
    }
    if layer.time.dtype == np.int16:
        arrays["time_weights_s16"] = plain_array("time_weights", layer.time, np.int16)
        return PackedOperator(f"ss_svdf_s8_s16_{variant}", "ss_svdf_params", scalars, arrays)
    arrays["time_weights"] = plain_array("time_weights", layer.time, np.int8)
    return PackedOperator(f"ss_svdf_s8_{variant}", "ss_svdf_params", scalars, arrays)
