"""Requantization of whole tensors in few passes over memory; the same integers as
``skipstone.quantize.arithmetic``.

QAT spends most of its time here. Each function equals its namesake in ``arithmetic`` (tested bit for
bit) for what occurs in
this network: accumulators below 2^31 in magnitude, and factors below one, so that no shift is to the left.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from skipstone.quantize.arithmetic.addition import LEFT_SHIFT, add_parameters
from skipstone.quantize.arithmetic.exponential import one_over_one_plus_x
from skipstone.quantize.arithmetic.fixed_point import (
    multiply_by_quantized_multiplier,
    requantize,
    rounding_divide_by_power_of_two,
)
from skipstone.quantize.arithmetic.softmax import ACCUMULATION_INTEGER_BITS
from torch import Tensor

IntegerRow = NDArray[np.int64]


def requantize_codes(
    accumulator: Tensor, multiplier: IntegerRow, shift: IntegerRow, low: int, high: int
) -> Tensor:
    """Scale int32 accumulators and clamp.

    Args:
        accumulator: int64 [..., channels]; overwritten.
        multiplier, shift: int64 [channels] or [1].
        low, high: bounds of the result, ``q − zero_point``.

    Returns:
        int32 codes ``q − zero_point``.
    """
    if int(shift.max()) > 0:
        generic = requantize(accumulator, torch.from_numpy(multiplier), torch.from_numpy(shift), 0, low, high)
        return generic.int()
    high_product = accumulator.mul_(torch.from_numpy(multiplier)).add_(1 << 30).bitwise_right_shift_(31).int()
    exponent = torch.from_numpy(-shift).int()
    half = torch.where(exponent > 0, (1 << exponent) >> 1, 0).int()
    sign = (high_product >> 31) * (exponent > 0).int()
    return high_product.add_(half).add_(sign).bitwise_right_shift_(exponent).clamp_(low, high)


def add_exact(a: Tensor, b: Tensor, a_scale: float, b_scale: float, output_scale: float) -> Tensor:
    """ADD to zero point 0: integer codes ``q − zero_point`` of ``a`` and ``b`` (any dtype) → int32 codes."""
    p = add_parameters((a_scale, 0), (b_scale, 0), (output_scale, 0))
    every = torch.arange(-256, 256) << LEFT_SHIFT
    a_table = multiply_by_quantized_multiplier(every, p.a_multiplier, p.a_shift)
    b_table = multiply_by_quantized_multiplier(every, p.b_multiplier, p.b_shift)
    total = a_table[a.long() + 256] + b_table[b.long() + 256]
    multiplier, shift = np.array([p.output_multiplier]), np.array([p.output_shift])
    return requantize_codes(total, multiplier, shift, -128, 127)


def softmax_exact(scores: Tensor, counted: Tensor, empty: Tensor, table: Tensor) -> Tensor:
    """SOFTMAX over the counted entries and ``empty`` more entries of score 0.

    Args:
        scores: int32 [batch, heads, queries, keys], −128 … 127.
        counted: bool, broadcastable to ``scores``.
        empty: int64 [batch, queries], entries of score 0 beside the counted ones.
        table: int64 [256] of ``softmax_exp_table``.

    Returns:
        int64 codes ``q + 128`` (0 … 255), 0 where not counted. Rows that count nothing are 0.
    """
    vacant = empty[:, None, :, None]
    largest = scores.masked_fill(~counted, -128).amax(3, keepdim=True)
    largest = torch.where(vacant > 0, largest.clamp(min=0), largest)
    place = torch.where(counted, largest - scores, 256)
    padded = torch.cat([table, table.new_zeros(1)])
    terms = rounding_divide_by_power_of_two(padded, ACCUMULATION_INTEGER_BITS)
    vacant_terms = terms[largest.clamp(min=0).long()] * vacant
    total = (terms[place.long()].sum(3, keepdim=True) + vacant_terms).clamp(min=1 << 19)
    bit_length = 20 + sum((total >= (1 << bit)).long() for bit in range(20, 32))
    leading_zeros = 32 - bit_length
    reciprocal = one_over_one_plus_x((total << leading_zeros) - (1 << 31))
    exponent = ACCUMULATION_INTEGER_BITS - leading_zeros + 31 - 8
    product = padded[place.long()].mul_(reciprocal).add_(1 << 30).bitwise_right_shift_(31)
    return product.add_((1 << exponent) >> 1).bitwise_right_shift_(exponent).clamp_(0, 255)
