"""Weight quantization in NumPy and torch agrees, and ADD's parameters are accurate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skipstone.quantize.arithmetic.addition import add, add_parameters
from skipstone.quantize.arithmetic.weights import (
    SMALLEST_SCALE,
    bias_scales,
    quantize_bias,
    quantize_weight,
    rounded_bias,
    rounded_weight,
    weight_scale,
)

WEIGHTS = arrays(np.float32, (5, 7), elements=st.floats(-4, 4, width=32))


@pytest.mark.parametrize("axis", [0, 1])
@given(weight=WEIGHTS)
def test_numpy_and_torch_quantize_weights_alike(axis: int, weight: np.ndarray) -> None:
    torch = pytest.importorskip("torch", reason="torch is an optional extra")
    tensor = torch.from_numpy(weight)
    scale = weight_scale(tensor, axis)
    integers, scales = quantize_weight(weight, axis)
    np.testing.assert_array_equal(scale.numpy(), scales)
    np.testing.assert_array_equal(rounded_weight(tensor, scale, axis).numpy(), integers)


@given(WEIGHTS)
def test_the_error_is_at_most_half_a_unit_and_the_largest_weight_is_127(weight: np.ndarray) -> None:
    integers, scales = quantize_weight(weight)
    error = np.abs(integers * scales[:, None].astype(np.float64) - weight)
    assert (error <= scales[:, None] * 0.5001).all()
    assert np.abs(integers.astype(int)).max() <= 127
    used = np.abs(weight).max(axis=1) > 127 * SMALLEST_SCALE
    assert (np.abs(integers.astype(int)).max(axis=1)[used] == 127).all()


def test_zero_weights_get_the_smallest_scale() -> None:
    integers, scales = quantize_weight(np.zeros((2, 3), np.float32))
    assert not integers.any()
    np.testing.assert_array_equal(scales, np.float32(SMALLEST_SCALE))


def test_biases_round_half_to_even_and_saturate() -> None:
    scales = bias_scales(0.5, np.array([0.5, 0.5, 1e-8], np.float32))
    biases = quantize_bias(np.array([0.125, 0.375, 1e6], np.float32), 0.5, scales / np.float32(0.5))
    assert biases.tolist() == [0, 2, (1 << 31) - 1]


def test_numpy_and_torch_quantize_biases_alike() -> None:
    torch = pytest.importorskip("torch", reason="torch is an optional extra")
    rng = np.random.default_rng(1)
    bias = rng.normal(size=500).astype(np.float32).astype(np.float64)
    scale = rng.uniform(1e-6, 1e-2, 500).astype(np.float32).astype(np.float64)
    ours = rounded_bias(torch.from_numpy(bias), torch.from_numpy(scale)).numpy()
    np.testing.assert_array_equal(ours, rounded_bias(bias, scale))


@given(st.floats(0.01, 0.2), st.floats(0.01, 0.2), st.floats(0.8, 3), st.integers(-50, 50))
def test_addition_is_within_one_unit_of_the_real_sum(
    a_scale: float, b_scale: float, factor: float, zero_point: int
) -> None:
    values = np.arange(-128, 128, dtype=np.int64)
    output_scale = factor * max(a_scale, b_scale)
    parameters = add_parameters((a_scale, 3), (b_scale, -7), (output_scale, zero_point))
    result = add(values[:, None], values[None, :], parameters)
    real = (a_scale * (values[:, None] - 3) + b_scale * (values[None, :] + 7)) / output_scale
    assert np.abs(result - np.clip(real + zero_point, -128, 127)).max() < 0.51


def test_an_output_scale_that_tflm_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        add_parameters((1.0, 0), (1.0, 0), (1e-7, 0))
