"""SUB, MUL, MAXIMUM, MINIMUM: no arrays."""

from __future__ import annotations

from skipstone.firmware.codegen.operations import Requantization
from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator
from skipstone.quantize.arithmetic.addition import AddParameters

Limits = tuple[int, int]


def pack_sub(size: int, p: AddParameters, limits: Limits, variant: KernelVariant) -> PackedOperator:
    """Pack ``a − b`` of two int8 tensors of ``size`` elements."""
    scalars = {
        "size": size,
        "input1_zero_point": p.a_zero_point,
        "input1_multiplier": p.a_multiplier,
        "input1_shift": p.a_shift,
        "input2_zero_point": p.b_zero_point,
        "input2_multiplier": p.b_multiplier,
        "input2_shift": p.b_shift,
        "output_zero_point": p.output_zero_point,
        "output_multiplier": p.output_multiplier,
        "output_shift": p.output_shift,
        "activation_min": limits[0],
        "activation_max": limits[1],
    }
    if max(p.a_shift, p.b_shift, p.output_shift) > 0:
        raise ValueError("sub: TFLM rescales by factors below 1, so no shift can be positive")
    return PackedOperator(f"ss_sub_s8_{variant}", "ss_add_params", scalars)


def pack_mul(
    size: int,
    zero_points: tuple[int, int],
    output: Requantization,
    limits: Limits,
    variant: KernelVariant,
) -> PackedOperator:
    """Pack ``(a − za) · (b − zb)``; the fast kernels shift right only, that for DSP by at least 1."""
    multiplier, shift = int(output.multipliers[0]), int(output.shifts[0])
    largest_shift = {KernelVariant.DSP: -1, KernelVariant.MVE: 0}
    is_exact = shift <= largest_shift.get(variant, shift)
    scalars = {
        "size": size,
        "input1_zero_point": zero_points[0],
        "input2_zero_point": zero_points[1],
        "output_zero_point": output.zero_point,
        "output_multiplier": multiplier,
        "output_shift": shift,
        "activation_min": limits[0],
        "activation_max": limits[1],
    }
    suffix = variant if is_exact else KernelVariant.REF
    return PackedOperator(f"ss_mul_s8_{suffix}", "ss_mul_params", scalars)


def pack_extremum(size: int, is_maximum: bool, variant: KernelVariant) -> PackedOperator:
    """Pack the larger or smaller of two bytes."""
    name = "maximum" if is_maximum else "minimum"
    return PackedOperator(f"ss_{name}_s8_{variant}", "ss_extremum_params", {"size": size})
