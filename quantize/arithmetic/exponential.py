"""Fixed-point exponential and reciprocal of gemmlowp (fixedpoint.h), as TFLM's SOFTMAX and LOGISTIC use them.

A value in ``Qm.n`` has ``m`` integer and ``n = 31 − m`` fractional bits in an int32 register (held as int64).
"""

from __future__ import annotations

from skipstone.quantize.arithmetic.fixed_point import (
    INT32_MAX,
    IntegerArray,
    rounding_divide_by_power_of_two,
    saturating_rounding_doubling_high_mul,
    saturating_shift_left,
)

_EXP_MINUS_ONE_EIGHTH = 1895147668
_ONE_THIRD = 715827883
_EXP_MINUS_POWER = (  # (k, exp(−2^k) in Q0.31)
    (-2, 1672461947),
    (-1, 1302514674),
    (0, 790015084),
    (1, 290630308),
    (2, 39332535),
    (3, 720401),
    (4, 242),
)
_48_OVER_17 = 1515870810  # Q2.29
_MINUS_32_OVER_17 = -1010580540  # Q2.29
_ONE_Q2 = 1 << 29


def _exp_between_minus_quarter_and_zero(a: IntegerArray) -> IntegerArray:
    """Fourth-order Taylor series of exp around −1/8; ``a`` in Q0.31 within [−1/4, 0)."""
    multiply = saturating_rounding_doubling_high_mul
    x = a + (1 << 28)
    x2 = multiply(x, x)
    x3 = multiply(x2, x)
    x4_over_4 = rounding_divide_by_power_of_two(multiply(x2, x2), 2)
    tail = rounding_divide_by_power_of_two(multiply(x4_over_4 + x3, _ONE_THIRD) + x2, 1)
    return _EXP_MINUS_ONE_EIGHTH + multiply(x + tail, _EXP_MINUS_ONE_EIGHTH)


def exp_on_negative_values(a: IntegerArray, integer_bits: int) -> IntegerArray:
    """``exp(a)`` in Q0.31 for ``a ≤ 0`` in Q(``integer_bits``).(31 − ``integer_bits``)."""
    fractional_bits = 31 - integer_bits
    quarter = 1 << (fractional_bits - 2)
    remainder_of_quarter = (a & (quarter - 1)) - quarter
    result = _exp_between_minus_quarter_and_zero(saturating_shift_left(remainder_of_quarter, integer_bits))
    remainder = remainder_of_quarter - a
    for exponent, factor in _EXP_MINUS_POWER:
        if integer_bits > exponent:
            bit = (remainder >> (fractional_bits + exponent)) & 1
            product = saturating_rounding_doubling_high_mul(result, factor)
            result = result + bit * (product - result)
    if integer_bits > 5:
        result = result * (a >= -(1 << (36 - integer_bits)))
    is_zero = a == 0
    return result + is_zero * (INT32_MAX - result)


def one_over_one_plus_x(a: IntegerArray) -> IntegerArray:
    """``1 / (1 + a)`` in Q0.31 for ``a`` in [0, 1) in Q0.31, by three Newton–Raphson steps."""
    multiply = saturating_rounding_doubling_high_mul
    half_denominator = (a + INT32_MAX + 1) >> 1
    x = _48_OVER_17 + multiply(half_denominator, _MINUS_32_OVER_17)
    for _ in range(3):
        error = _ONE_Q2 - multiply(half_denominator, x)
        x = x + saturating_shift_left(multiply(x, error), 2)
    return saturating_shift_left(x, 1)
