"""MEAN on int8 (TFLM ``EvalMean``): the division is part of the multiplier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skipstone.quantize.arithmetic.fixed_point import IntegerArray, quantize_multiplier, requantize


@dataclass(frozen=True)
class MeanParameters:
    """How the sum of ``count`` int8 values becomes the output; shift left positive.

    The multiplier may be below 2^30: TFLM divides it by the count and keeps what is left.
    """

    count: int
    input_zero_point: int
    output_zero_point: int
    multiplier: int
    shift: int


def mean_parameters(source: tuple[float, int], target: tuple[float, int], count: int) -> MeanParameters:
    """Derive the parameters (TFLM ``PrepareMeanOrSum`` and ``QuantizedMeanOrSum``).

    Args:
        source: ``(scale, zero_point)`` of the input.
        target: of the output.
        count: elements that one output averages.
    """
    in_scale, out_scale = float(np.float32(source[0])), float(np.float32(target[0]))
    multiplier, shift = quantize_multiplier(in_scale / out_scale)
    bits = min(count.bit_length() - 1, 32, 31 + shift)
    return MeanParameters(count, source[1], target[1], (multiplier << bits) // count, shift - bits)


def mean(total: IntegerArray, p: MeanParameters) -> IntegerArray:
    """Output for sums of ``p.count`` raw int8 values (int64), clamped to int8."""
    return requantize(total - p.count * p.input_zero_point, p.multiplier, p.shift, p.output_zero_point)


def rounded_quotient(x: IntegerArray, divisor: IntegerArray) -> IntegerArray:
    """``x / divisor`` to the nearest integer, halves away from zero, as AVERAGE_POOL_2D divides."""
    return np.sign(x) * ((abs(x) + divisor // 2) // divisor)
