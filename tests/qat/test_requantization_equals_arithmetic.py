"""The fast requantization of QAT gives the integers of the reference arithmetic."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skipstone.quantize.arithmetic.addition import add, add_parameters
from skipstone.quantize.arithmetic.fixed_point import quantize_multipliers, requantize
from skipstone.quantize.arithmetic.softmax import softmax_exp_table, softmax_normalize
from skipstone.quantize.qat.requantization import add_exact, requantize_codes, softmax_exact

scales = st.floats(1e-4, 8.0)


@given(st.lists(st.floats(1e-8, 3.0), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_accumulators_of_any_factor(factors: list[float], seed: int) -> None:
    multiplier, shift = quantize_multipliers(factors)
    limit = (1 << 31) - 1 >> max(0, int(shift.max()))
    x = np.random.default_rng(seed).integers(-limit, limit + 1, (300, len(factors)))
    x[:4] = np.array([[0], [1], [-1], [limit]])
    bias = x[5].copy()
    x[6:] //= 2
    bias //= 2
    expected = requantize(np.concatenate([x[:6], x[6:] + bias]), multiplier, shift, 0, -128, 127)
    rows = torch.from_numpy(x)
    parts = [
        requantize_codes(rows[:6], None, multiplier, shift, -128, 127),
        requantize_codes(rows[6:], torch.from_numpy(bias), multiplier, shift, -128, 127),
    ]
    actual = torch.cat(parts)
    assert np.array_equal(actual.numpy(), expected)


@settings(deadline=None)
@given(scales, scales, scales)
def test_add_of_every_pair_of_codes(a_scale: float, b_scale: float, output_scale: float) -> None:
    output_scale = max(output_scale, max(a_scale, b_scale) * 1e-4)
    a, b = np.meshgrid(np.arange(-128, 128), np.arange(-128, 128))
    expected = add(a, b, add_parameters((a_scale, 0), (b_scale, 0), (output_scale, 0)))
    actual = add_exact(torch.from_numpy(a), torch.from_numpy(b), a_scale, b_scale, output_scale)
    assert np.array_equal(actual.numpy(), expected)


@given(st.floats(1e-3, 4.0), st.integers(1, 32), st.integers(0, 2**32 - 1))
def test_softmax_with_empty_entries(scale: float, written: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    table = softmax_exp_table(32**-0.5, scale).astype(np.int64)
    spread = int(generator.integers(1, 128))
    scores = generator.integers(-spread, spread, (2, 3, 5, written))
    ring = np.concatenate([scores, np.zeros((2, 3, 5, 32 - written), np.int64)], axis=3)
    expected = softmax_normalize(table[ring.max(3, keepdims=True) - ring])[..., :written] + 128
    empty = torch.full((2, 5), 32 - written)
    counted = torch.ones(1, 1, 5, written, dtype=torch.bool)
    actual = softmax_exact(torch.from_numpy(scores).int(), counted, empty, torch.from_numpy(table))
    assert np.array_equal(actual.numpy(), expected)
