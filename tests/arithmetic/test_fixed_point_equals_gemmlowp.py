"""The vectorised fixed-point primitives equal gemmlowp's definitions, in NumPy, torch and plain integers."""

from __future__ import annotations

import math

import gemmlowp_oracle as oracle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.arithmetic import fixed_point

INT32 = st.integers(oracle.INT32_MIN, oracle.INT32_MAX)
MULTIPLIER = st.integers(1 << 30, oracle.INT32_MAX)
EDGES = [
    oracle.INT32_MIN,
    oracle.INT32_MIN + 1,
    -(1 << 30),
    -3,
    -2,
    -1,
    0,
    1,
    2,
    3,
    1 << 30,
    oracle.INT32_MAX,
]


@given(INT32, MULTIPLIER)
def test_high_multiplication(a: int, b: int) -> None:
    expected = oracle.saturating_rounding_doubling_high_mul(a, b)
    assert fixed_point.saturating_rounding_doubling_high_mul(a, b) == expected
    assert fixed_point.saturating_rounding_doubling_high_mul(np.int64(a), np.int64(b)) == expected


@given(INT32, INT32)
def test_high_multiplication_of_any_pair_but_both_smallest(a: int, b: int) -> None:
    if not a == b == oracle.INT32_MIN:
        expected = oracle.saturating_rounding_doubling_high_mul(a, b)
        assert fixed_point.saturating_rounding_doubling_high_mul(a, b) == expected


@given(INT32, st.integers(0, 31))
def test_rounding_division(x: int, exponent: int) -> None:
    expected = oracle.rounding_divide_by_pot(x, exponent)
    assert fixed_point.rounding_divide_by_power_of_two(x, exponent) == expected
    assert fixed_point.rounding_divide_by_power_of_two(np.array([x]), np.array([exponent]))[0] == expected


@given(INT32, MULTIPLIER, st.integers(-31, 30))
def test_quantized_multiplication(x: int, multiplier: int, shift: int) -> None:
    expected = oracle.multiply_by_quantized_multiplier(x, multiplier, shift)
    assert fixed_point.multiply_by_quantized_multiplier(x, multiplier, shift) == expected


def test_arrays_and_tensors_equal_the_oracle_with_a_shift_per_channel() -> None:
    torch = pytest.importorskip("torch", reason="torch is an optional extra")
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.integers(oracle.INT32_MIN, oracle.INT32_MAX, 4000), np.array(EDGES)])
    multiplier = rng.integers(1 << 30, 1 << 31, len(x))
    shift = rng.integers(-31, 8, len(x))
    expected = [
        oracle.multiply_by_quantized_multiplier(*row)
        for row in zip(x.tolist(), multiplier.tolist(), shift.tolist(), strict=True)
    ]
    ours = fixed_point.multiply_by_quantized_multiplier(x, multiplier, shift)
    np.testing.assert_array_equal(ours, expected)
    tensors = (torch.from_numpy(array) for array in (x, multiplier, shift))
    np.testing.assert_array_equal(fixed_point.multiply_by_quantized_multiplier(*tensors).numpy(), expected)


@given(st.floats(1e-9, 1e9))
def test_multiplier_is_the_nearest_of_31_bits(real: float) -> None:
    multiplier, shift = fixed_point.quantize_multiplier(real)
    assert 1 << 30 <= multiplier <= oracle.INT32_MAX
    assert math.isclose(multiplier * 2.0 ** (shift - 31), real, rel_tol=2**-31)


@pytest.mark.parametrize("real", [0.0, 2.0**-40, 1e-300])
def test_tiny_multipliers_are_zero(real: float) -> None:
    assert fixed_point.quantize_multiplier(real) == (0, 0)


@pytest.mark.parametrize("real", [-0.5, math.inf, math.nan])
def test_impossible_multipliers_are_refused(real: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        fixed_point.quantize_multiplier(real)


def test_multiplier_that_rounds_up_to_a_power_of_two() -> None:
    assert fixed_point.quantize_multiplier(1.0 - 2.0**-40) == (1 << 30, 1)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("none", (-128, 127)), ("relu", (-10, 127)), ("relu6", (-10, 50)), ("relu_n1_to_1", (-20, 0))],
)
def test_activation_ranges(activation: str, expected: tuple[int, int]) -> None:
    assert fixed_point.activation_range(activation, 0.1, -10) == expected
