"""SUB on int8 tensors (TFLM ``CalculateOpDataSub``): as ADD, but the factors are float32 quotients."""

from __future__ import annotations

import numpy as np
from skipstone.quantize.arithmetic.addition import LEFT_SHIFT, AddParameters
from skipstone.quantize.arithmetic.fixed_point import quantize_multiplier


def sub_parameters(
    a: tuple[float, int], b: tuple[float, int], output: tuple[float, int], left_shift: int = LEFT_SHIFT
) -> AddParameters:
    """Derive the parameters of ``a − b`` from three ``(scale, zero_point)`` pairs.

    Raises:
        ValueError: the output scale is so small that its factor reaches 1, which TFLM refuses.
    """
    a_scale, b_scale, output_scale = (np.float32(q[0]) for q in (a, b, output))
    twice_largest = np.float32(2.0) * max(a_scale, b_scale)
    output_real = float(twice_largest / (np.float32(1 << left_shift) * output_scale))
    if output_real >= 1.0:
        raise ValueError(f"sub: output scale {output_scale} is too small for inputs {a_scale} and {b_scale}")
    a_multiplier, a_shift = quantize_multiplier(float(a_scale / twice_largest))
    b_multiplier, b_shift = quantize_multiplier(float(b_scale / twice_largest))
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
