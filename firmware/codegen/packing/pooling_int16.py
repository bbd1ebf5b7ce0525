"""AVERAGE_POOL_2D, MAX_POOL_2D and MEAN on int16 activations: the parameters of int8, portable kernels."""

from __future__ import annotations

from dataclasses import replace

from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.firmware.codegen.packing.pooling import MeanShape, pack_mean, pack_pool
from skipstone.quantize.arithmetic.mean import MeanParameters

LARGEST_COUNT = (1 << 16) - 1
"""Values that one sum of 32 bits takes."""


def pack_pool_int16(
    geometry: Geometry, is_maximum: bool, limits: tuple[int, int], variant: KernelVariant
) -> PackedOperator:
    """Pack a pooling over windows of an image."""
    del variant
    packed = pack_pool(geometry, is_maximum, limits, KernelVariant.REF)
    name = "max" if is_maximum else "average"
    return replace(packed, kernel=f"ss_{name}_pool_s16_ref", uses=())


def pack_mean_int16(shape: MeanShape, p: MeanParameters, variant: KernelVariant) -> PackedOperator:
    """Pack a mean over one or two axes."""
    del variant
    return replace(pack_mean(shape, p, KernelVariant.REF), kernel="ss_mean_s16_ref", uses=())
