"""MUL on int8 tensors (TFLM ``CalculateOpDataMul`` and ``reference_integer_ops::Mul``)."""

from __future__ import annotations

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import quantize_multiplier


def multiplication_multiplier(a_scale: float, b_scale: float, output_scale: float) -> tuple[int, int]:
    """``(multiplier, shift)`` of the product, from the float64 quotient of the float32 scales."""
    a, b, output = (float(np.float32(scale)) for scale in (a_scale, b_scale, output_scale))
    return quantize_multiplier(a * b / output)
