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
)
from skipstone.quantize.arithmetic.softmax import ACCUMULATION_INTEGER_BITS
from torch import Tensor

IntegerRow = NDArray[np.int64]
_ROWS = 128


def requantize_codes(
    accumulator: Tensor, bias: Tensor | None, multiplier: IntegerRow, shift: IntegerRow, low: int, high: int
) -> Tensor:
    """Add the bias, scale and clamp, a few rows at a time so that the temporaries stay in the cache.

    Args:
        accumulator: [..., channels], integers of any dtype; left as it is.
        bias: int64 [channels].
        multiplier, shift: int64 [channels] or [1].
        low, high: bounds of the result, ``q − zero_point``.

    Returns:
        float32 codes ``q − zero_point``.
    """
    rows = accumulator.reshape(-1, accumulator.shape[-1])
    device = rows.device
    codes = torch.empty(rows.shape, device=device)
    factors = torch.from_numpy(multiplier).to(device), torch.from_numpy(shift).to(device)
    scale_rows = _scale_rows if int(shift.max()) <= 0 else multiply_by_quantized_multiplier
    piece = _ROWS if device.type == "cpu" else max(1, len(rows))
    for part, target in zip(rows.split(piece), codes.split(piece), strict=True):
        total = part.long() if bias is None else part.long().add_(bias)
        target.copy_(scale_rows(total, *factors).clamp_(low, high))
    return codes.view(accumulator.shape)


def _scale_rows(total: Tensor, multiplier: Tensor, shift: Tensor) -> Tensor:
    """``multiply_by_quantized_multiplier`` for right shifts; overwrites int64 ``total``, returns int32."""
    product = total.mul_(multiplier).add_(1 << 30).bitwise_right_shift_(31).int()
    exponent = (-shift).int()
    half = torch.where(exponent > 0, (1 << exponent) >> 1, 0).int()
    sign = (product >> 31).mul_((exponent > 0).int())
    return product.add_(half).add_(sign).bitwise_right_shift_(exponent)


def add_exact(
    a: Tensor,
    b: Tensor,
    a_scale: float,
    b_scale: float,
    output_scale: float,
    bounds: tuple[int, int] = (-128, 127),
) -> Tensor:
    """ADD: codes ``q − zero_point`` of ``a`` and ``b`` (any dtype, shapes broadcast) → float32 codes.

    ``bounds`` of the result are −128 … 127 with zero point 0, and 0 … 255 with a fused ReLU.
    """
    p = add_parameters((a_scale, 0), (b_scale, 0), (output_scale, 0))
    every = torch.arange(-256, 256, device=a.device) << LEFT_SHIFT
    a_table = multiply_by_quantized_multiplier(every, p.a_multiplier, p.a_shift)
    b_table = multiply_by_quantized_multiplier(every, p.b_multiplier, p.b_shift)
    total = a_table[a.long() + 256] + b_table[b.long() + 256]
    multiplier, shift = np.array([p.output_multiplier]), np.array([p.output_shift])
    return requantize_codes(total, None, multiplier, shift, *bounds)


def softmax_exact(scores: Tensor, counted: Tensor, empty: Tensor, table: Tensor) -> Tensor:
    """SOFTMAX over the counted entries and ``empty`` more entries of score 0.

    Args:
        scores: int32 [batch, heads, queries, keys], −128 … 127.
        counted: bool, broadcastable to ``scores``.
        empty: int64 [batch, queries], entries of score 0 beside the counted ones.
        table: int64 [256] of ``softmax_exp_table``.

    Returns:
        int64 codes ``q + 128`` (0 … 255), 0 where not counted.
    """
    padded = torch.cat([table, table.new_zeros(1)])
    counted = counted.expand_as(scores)
    utterances = zip(scores, counted, empty[:, None, :, None], strict=True)
    return torch.stack([_softmax_utterance(*parts, padded) for parts in utterances])


def _softmax_utterance(scores: Tensor, counted: Tensor, vacant: Tensor, padded: Tensor) -> Tensor:
    """One utterance, [heads, queries, keys]; ``padded`` is the table with a zero for what is not counted."""
    largest = scores.masked_fill(~counted, -128).amax(2, keepdim=True)
    largest = torch.where(vacant > 0, largest.clamp(min=0), largest)
    place = torch.where(counted, largest - scores, 256)
    exponentials = padded.take(place.long())
    vacant_terms = _term(padded.take(largest.clamp(min=0).long())) * vacant
    total = (_term(exponentials).sum(2, keepdim=True) + vacant_terms).clamp(min=1 << 19)
    bit_length = 20 + sum((total >= (1 << bit)).long() for bit in range(20, 32))
    leading_zeros = 32 - bit_length
    reciprocal = one_over_one_plus_x((total << leading_zeros) - (1 << 31))
    exponent = ACCUMULATION_INTEGER_BITS - leading_zeros + 31 - 8
    product = exponentials.mul_(reciprocal).add_(1 << 30).bitwise_right_shift_(31)
    return product.add_((1 << exponent) >> 1).bitwise_right_shift_(exponent).clamp_(0, 255)


def _term(exponential: Tensor) -> Tensor:
    """What one exponential (Q0.31, not negative) adds to the sum: ``RoundingDivideByPOT(·, 12)``."""
    bits = ACCUMULATION_INTEGER_BITS
    return exponential.add(1 << (bits - 1)).bitwise_right_shift_(bits)
