"""Operators that work value by value on int16: portable kernels; ADD, SUB and MUL have one for Helium."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from skipstone.firmware.codegen.packing.elementwise import pack_sub
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, plain_array
from skipstone.quantize.arithmetic import softmax16
from skipstone.quantize.arithmetic.addition import AddParameters
from skipstone.quantize.arithmetic.fixed_point import LIMITS
from skipstone.quantize.arithmetic.sigmoid16 import sigmoid_table

Limits = tuple[int, int]
Factor = tuple[int, int]
"""Multiplier and shift."""


def pack_sum_int16(
    name: str, size: int, p: AddParameters, limits: Limits, variant: KernelVariant
) -> PackedOperator:
    """Pack ADD or SUB (``name`` in lower case); that of Helium has no left shift."""
    packed = pack_sub(size, p, limits, KernelVariant.REF)
    chosen = _helium_or_ref(variant, max(p.a_shift, p.b_shift, p.output_shift))
    return replace(packed, kernel=f"ss_{name}_s16_{chosen}", uses=())


def _helium_or_ref(variant: KernelVariant, shift: int) -> KernelVariant:
    return variant if variant == KernelVariant.MVE and shift <= 0 else KernelVariant.REF


def pack_mul_int16(size: int, factor: Factor, limits: Limits, variant: KernelVariant) -> PackedOperator:
    """Pack a product; that of Helium has no left shift."""
    scalars = {
        "size": size,
        "output_multiplier": factor[0],
        "output_shift": factor[1],
        "activation_min": limits[0],
        "activation_max": limits[1],
    }
    return PackedOperator(f"ss_mul_s16_{_helium_or_ref(variant, factor[1])}", "ss_mul_params", scalars)


def pack_extremum_int16(size: int, is_maximum: bool, variant: KernelVariant) -> PackedOperator:
    """Pack the larger or smaller of two values."""
    del variant
    name = "maximum" if is_maximum else "minimum"
    return PackedOperator(f"ss_{name}_s16_ref", "ss_extremum_params", {"size": size})


def pack_requantize(
    size: int,
    types: tuple[str, str],
    zero_points: tuple[int, int],
    factor: Factor,
    low: int,
    variant: KernelVariant,
) -> PackedOperator:
    """Pack QUANTIZE between int8 and int16, or int16 → int16 with a lower end (RELU).

    Args:
        size: elements.
        types: of input and output, at least one of them int16.
        zero_points: of input and output.
        factor: multiplier and shift of the quotient of the scales.
        low: smallest output.
    """
    del variant
    name = {"int8": "s8", "int16": "s16"}
    suffix = "s16" if types == ("int16", "int16") else f"{name[types[0]]}_{name[types[1]]}"
    scalars = {
        "size": size,
        "input_zero_point": zero_points[0],
        "output_zero_point": zero_points[1],
        "multiplier": factor[0],
        "shift": factor[1],
        "activation_min": low,
        "activation_max": LIMITS[types[1]][1],
    }
    return PackedOperator(f"ss_requantize_{suffix}_ref", "ss_requantize_params", scalars)


def pack_clamp_int16(size: int, limits: Limits, variant: KernelVariant) -> PackedOperator:
    """Pack RELU6."""
    del variant
    scalars = {"size": size, "activation_min": limits[0], "activation_max": limits[1]}
    return PackedOperator("ss_clamp_s16_ref", "ss_clamp_params", scalars)


def pack_leaky_relu_int16(
    size: int, identity: Factor, slope: Factor, variant: KernelVariant
) -> PackedOperator:
    """Pack LEAKY_RELU: one factor from zero on, one below."""
    del variant
    scalars = {
        "size": size,
        "identity_multiplier": identity[0],
        "identity_shift": identity[1],
        "slope_multiplier": slope[0],
        "slope_shift": slope[1],
    }
    return PackedOperator("ss_leaky_relu_s16_ref", "ss_leaky_relu_params", scalars)


def pack_sigmoid_int16(name: str, size: int, factor: Factor, variant: KernelVariant) -> PackedOperator:
    """Pack LOGISTIC or TANH (``name`` in lower case); ``factor``: multiplier and right shift."""
    del variant
    scalars = {"size": size, "multiplier": factor[0], "right_shift": factor[1]}
    table = {"table": plain_array("sigmoid", sigmoid_table(), np.uint16)}
    return PackedOperator(f"ss_{name}_s16_ref", "ss_sigmoid_params", scalars, table)


def pack_softmax_int16(rows: int, size: int, factor: Factor, variant: KernelVariant) -> PackedOperator:
    """Pack a softmax over rows of ``size`` elements."""
    del variant
    scalars = {"rows": rows, "size": size, "multiplier": factor[0], "shift": factor[1]}
    arrays = {
        "exp_table": plain_array("exp", softmax16.exp_table(), np.int16),
        "reciprocal_table": plain_array("reciprocal", softmax16.reciprocal_table(), np.int16),
    }
    return PackedOperator("ss_softmax_s16_ref", "ss_softmax_s16_params", scalars, arrays)


def pack_fill_int16(size: int, value: int, variant: KernelVariant) -> PackedOperator:
    """Pack a constant value in every place."""
    del variant
    return PackedOperator("ss_fill_s16_ref", "ss_fill_params", {"size": size, "value": value})
