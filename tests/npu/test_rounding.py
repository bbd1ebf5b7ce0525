"""Scaling and rounding of the output unit, against exact arithmetic and TFLM's fixed-point multiply."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from hypothesis import given
from hypothesis import strategies as st
from npu_library import library

TFL, TRUNCATE, NATURAL = range(3)
VALUES = st.integers(-(2**39), 2**39 - 1)
SCALES = st.integers(0, 2**32 - 1)


def _doubling_high_mul(a: int, b: int) -> int:
    """gemmlowp's SaturatingRoundingDoublingHighMul without its one saturating case."""
    product = a * b
    nudge = 1 << 30 if product >= 0 else 1 - (1 << 30)
    total = product + nudge
    return total >> 31 if total >= 0 else -(-total >> 31)


def _rounding_divide(value: int, exponent: int) -> int:
    """gemmlowp's RoundingDivideByPOT: nearest, ties away from zero."""
    magnitude = (abs(value) + (1 << exponent >> 1)) >> exponent
    return magnitude if value >= 0 else -magnitude


@given(VALUES, SCALES, st.integers(0, 63))
def test_natural_is_the_nearest_with_ties_up(value: int, scale: int, shift: int) -> None:
    expected = floor(Fraction(value * scale, 1 << shift) + Fraction(1, 2))
    limit = 2**63
    assert library().npu_scale(value, scale, shift, NATURAL) == max(-limit, min(limit - 1, expected))


@given(VALUES, SCALES, st.integers(0, 63))
def test_truncate_is_towards_zero(value: int, scale: int, shift: int) -> None:
    expected = int(Fraction(value * scale, 1 << shift))
    limit = 2**63
    assert library().npu_scale(value, scale, shift, TRUNCATE) == max(-limit, min(limit - 1, expected))


@given(st.integers(-(2**31), 2**31 - 1), st.integers(2**30, 2**31 - 1), st.integers(31, 62))
def test_tfl_is_the_multiply_of_tflm(value: int, scale: int, shift: int) -> None:
    expected = _rounding_divide(_doubling_high_mul(value, scale), shift - 31)
    assert library().npu_scale(value, scale, shift, TFL) == expected


@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 62), st.sampled_from([TFL, TRUNCATE, NATURAL]))
def test_shift_right(value: int, shift: int, rounding: int) -> None:
    exact = Fraction(value, 1 << shift)
    expected = int(exact) if rounding == TRUNCATE else floor(exact + Fraction(1, 2))
    assert library().npu_shift_right(value, shift, rounding) == expected
