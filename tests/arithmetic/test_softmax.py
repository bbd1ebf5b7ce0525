"""The table form of SOFTMAX: close to the real function, equal in NumPy and torch, right at its edges.

That it equals TFLM byte for byte is proven with whole models in tests/integer.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skipstone.quantize.arithmetic.exponential import exp_on_negative_values, one_over_one_plus_x
from skipstone.quantize.arithmetic.logistic import logistic_table
from skipstone.quantize.arithmetic.softmax import softmax, softmax_exp_table, softmax_scaling

ROWS = arrays(np.int64, array_shapes(min_dims=2, max_dims=3, max_side=33), elements=st.integers(-128, 127))
SCALES = st.floats(0.002, 0.5)
BETAS = st.floats(0.05, 1.5)


@given(ROWS, BETAS, SCALES)
def test_probabilities_are_within_two_units_of_the_real_softmax(
    x: np.ndarray, beta: float, scale: float
) -> None:
    table = softmax_exp_table(beta, scale).astype(np.int64)
    logits = beta * scale * (x - x.max(axis=-1, keepdims=True))
    real = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    expected = np.clip(real * 256 - 128, -128, 127)
    assert np.abs(softmax(x, table) - expected).max() <= 2


@given(ROWS, BETAS, SCALES)
def test_numpy_and_torch_give_the_same_integers(x: np.ndarray, beta: float, scale: float) -> None:
    torch = pytest.importorskip("torch", reason="torch is an optional extra")
    table = softmax_exp_table(beta, scale).astype(np.int64)
    tensor = softmax(torch.from_numpy(x), torch.from_numpy(table))
    np.testing.assert_array_equal(tensor.numpy(), softmax(x, table))


@given(BETAS, SCALES)
def test_table_falls_from_one_and_is_zero_below_the_smallest_difference(beta: float, scale: float) -> None:
    table = softmax_exp_table(beta, scale).astype(np.int64)
    diff_min = softmax_scaling(beta, scale)[2]
    assert table[0] == (1 << 31) - 1
    assert (np.diff(table) <= 0).all()
    difference = np.arange(256)
    assert (table[-difference < diff_min] == 0).all()
    kept = -difference >= diff_min
    expected = np.exp(-beta * scale * difference) * 2.0**31
    assert np.abs(table - expected)[kept].max() < 2.0**31 * 1e-6


def test_a_factor_too_small_for_tflm_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        softmax_scaling(1e-5, 1e-5)


def test_exponential_and_reciprocal_are_close_to_the_real_functions() -> None:
    x = -np.arange(0, 1 << 31, 999_983, dtype=np.int64)
    np.testing.assert_allclose(exp_on_negative_values(x, 5) / 2**31, np.exp(x / 2**26), atol=1e-6)
    a = -x
    np.testing.assert_allclose(one_over_one_plus_x(a) / 2**31, 1 / (1 + a / 2**31), atol=1e-6)


@given(SCALES, st.integers(-128, 127))
def test_logistic_table_is_within_one_unit_of_the_real_function(scale: float, zero_point: int) -> None:
    x = np.arange(-128, 128)
    expected = np.clip(256 / (1 + np.exp(-scale * (x - zero_point))) - 128, -128, 127)
    assert np.abs(logistic_table(scale, zero_point) - expected).max() <= 1
