"""ADD and SUB on tensors of any three quantizations.

Source: TFLM ``CalculateOpDataAdd``, ``CalculateOpDataSub`` and the reference kernels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    IntegerArray,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    requantize,
)

LEFT_SHIFT = 20
"""Bits by which int8 operands are scaled up before they are rescaled."""
LEFT_SHIFT_16 = 15
"""The same for int16 operands."""


@dataclass(frozen=True)
class AddParameters:
    """Multipliers and shifts (left positive) of both inputs and of the output, and the three zero points."""

    a_zero_point: int
    a_multiplier: int
    a_shift: int
    b_zero_point: int
    b_multiplier: int
    b_shift: int
    output_zero_point: int
    output_multiplier: int
    output_shift: int
    left_shift: int = LEFT_SHIFT


def add_parameters(
    a: tuple[float, int], b: tuple[float, int], output: tuple[float, int], left_shift: int = LEFT_SHIFT
) -> AddParameters:
    """Derive the parameters from three ``(scale, zero_point)`` pairs and the shift of the operands' type.

    Raises:
        ValueError: the output scale is so small that its factor reaches 1, which TFLM refuses.
    """
    a_scale, b_scale, output_scale = (float(np.float32(q[0])) for q in (a, b, output))
    twice_largest = 2.0 * max(a_scale, b_scale)
    output_real = twice_largest / ((1 << left_shift) * output_scale)
    if output_real >= 1.0:
        raise ValueError(
            f"add or sub: output scale {output_scale} is too small for inputs {a_scale} and {b_scale}"
        )
    a_multiplier, a_shift = quantize_multiplier(a_scale / twice_largest)
    b_multiplier, b_shift = quantize_multiplier(b_scale / twice_largest)
    output_multiplier, output_shift = quantize_multiplier(output_real)
    return AddParameters(
        a_zero_point=a[1],
        a_multiplier=a_multiplier,
        a_shift=a_shift,
        b_zero_point=b[1],
        b_multiplier=b_multiplier,
        b_shift=b_shift,
        output_zero_point=output[1],
        output_multiplier=output_multiplier,
        output_shift=output_shift,
        left_shift=left_shift,
    )


def add(
    a: IntegerArray, b: IntegerArray, parameters: AddParameters, low: int = INT8_MIN, high: int = INT8_MAX
) -> IntegerArray:
    """``a + b`` for int64 arrays or tensors that hold int8 or int16; returns int64 in ``[low, high]``."""
    p = parameters
    scaled_a = multiply_by_quantized_multiplier(
        (a - p.a_zero_point) << p.left_shift, p.a_multiplier, p.a_shift
    )
    scaled_b = multiply_by_quantized_multiplier(
        (b - p.b_zero_point) << p.left_shift, p.b_multiplier, p.b_shift
    )
    return requantize(
        scaled_a + scaled_b, p.output_multiplier, p.output_shift, p.output_zero_point, low, high
    )
