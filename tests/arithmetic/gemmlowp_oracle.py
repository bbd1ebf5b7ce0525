"""gemmlowp's fixed-point primitives as the library states them: one Python integer at a time, C division."""

from __future__ import annotations

INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1


def c_divide(a: int, b: int) -> int:
    """Integer division of C: truncation towards zero."""
    quotient = abs(a) // abs(b)
    return quotient if (a >= 0) == (b >= 0) else -quotient


def saturating_rounding_doubling_high_mul(a: int, b: int) -> int:
    """A nudge by sign, then a truncating division by 2^31; the one overflow saturates."""
    if a == b == INT32_MIN:
        return INT32_MAX
    product = a * b
    nudge = (1 << 30) if product >= 0 else 1 - (1 << 30)
    return c_divide(product + nudge, 1 << 31)


def rounding_divide_by_pot(x: int, exponent: int) -> int:
    """Arithmetic shift, plus one where the remainder exceeds a threshold that depends on the sign."""
    mask = (1 << exponent) - 1
    remainder = x & mask
    threshold = (mask >> 1) + (1 if x < 0 else 0)
    return (x >> exponent) + (1 if remainder > threshold else 0)


def wrap(x: int) -> int:
    """int32 in two's complement."""
    return (x - INT32_MIN) % (1 << 32) + INT32_MIN


def multiply_by_quantized_multiplier(x: int, multiplier: int, shift: int) -> int:
    """TFLM's double rounding."""
    left, right = max(shift, 0), max(-shift, 0)
    return rounding_divide_by_pot(saturating_rounding_doubling_high_mul(wrap(x << left), multiplier), right)
