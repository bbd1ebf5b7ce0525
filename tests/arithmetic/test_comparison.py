"""The table of thresholds decides exactly as GREATER does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skipstone.quantize.arithmetic.comparison import NEVER, greater, greater_thresholds

INT8_VALUES = np.arange(-128, 128, dtype=np.int64)
QUANTIZATION = st.tuples(st.floats(0.0003, 0.99), st.integers(-128, 127))


@given(QUANTIZATION, QUANTIZATION)
def test_thresholds_equal_the_comparison_for_all_pairs(
    left: tuple[float, int], right: tuple[float, int]
) -> None:
    thresholds = greater_thresholds(INT8_VALUES, left, right)
    decided = greater(INT8_VALUES[None, :], INT8_VALUES[:, None], left, right)
    np.testing.assert_array_equal(INT8_VALUES[None, :] >= thresholds[:, None], decided)


def test_equal_quantizations_compare_as_integers() -> None:
    thresholds = greater_thresholds(INT8_VALUES, (0.05, 0), (0.05, 0))
    np.testing.assert_array_equal(thresholds, INT8_VALUES + 1)
    assert thresholds[-1] == NEVER


@pytest.mark.parametrize("scale", [0.0, 1.0, 1.5])
def test_scales_that_tflm_refuses_are_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        greater_thresholds([0], (scale, 0), (0.1, 0))
