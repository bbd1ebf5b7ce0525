"""ADD: no arrays, three rescalings."""

from __future__ import annotations

from skipstone.firmware.codegen.packing.operator import KernelVariant, PackedOperator, Requantization


def pack_add(
    size: int,
    input1: Requantization,
    input2: Requantization,
    output: Requantization,
    variant: KernelVariant,
    *,
    activation_min: int = -128,
    activation_max: int = 127,
) -> PackedOperator:
    """Pack an element-wise sum of two int8 tensors of ``size`` elements.

    Args:
        input1: multiplier and shift of TFLM's ADD for the first input, and that input's zero point.
        input2: the same for the second input.
        output: multiplier and shift of the sum, and the output's zero point.
    """
    scalars = {
        "size": size,
        "input1_zero_point": input1.zero_point,
        "input1_multiplier": input1.multiplier,
        "input1_shift": input1.shift,
        "input2_zero_point": input2.zero_point,
        "input2_multiplier": input2.multiplier,
        "input2_shift": input2.shift,
        "output_zero_point": output.zero_point,
        "output_multiplier": output.multiplier,
        "output_shift": output.shift,
        "activation_min": activation_min,
        "activation_max": activation_max,
    }
    if max(input1.shift, input2.shift, output.shift) > 0:
        raise ValueError("add: TFLM rescales by factors below 1, so no shift can be positive")
    return PackedOperator(f"ss_add_s8_{variant}", "ss_add_params", scalars)
