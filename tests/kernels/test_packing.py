"""Packed layers hold the layer they were made of, and a variant is chosen only where it is exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from packed_execution import execute_dsp, execute_mve
from skipstone.firmware.codegen.operations import Requantization
from skipstone.firmware.codegen.packing import KernelVariant, PackedOperator, pack_fully_connected
from skipstone.firmware.codegen.packing.convolution import Geometry
from skipstone.firmware.codegen.packing.elementwise import pack_extremum, pack_mul, pack_sub
from skipstone.firmware.codegen.packing.fully_connected_dsp import chunk_widths
from skipstone.firmware.codegen.packing.pooling import MeanShape, pack_mean, pack_pool
from skipstone.quantize.arithmetic.addition import add_parameters
from skipstone.quantize.arithmetic.mean import mean_parameters

EXECUTE = {KernelVariant.DSP: execute_dsp, KernelVariant.MVE: execute_mve}
VARIANTS = pytest.mark.parametrize("variant", list(EXECUTE))


def pack(
    weights: NDArray[np.int8], bias: NDArray[np.int64], variant: KernelVariant, shift: int = -7
) -> PackedOperator:
    return pack_fully_connected(weights, bias, -3, 1 << 30, shift, variant, output_zero_point=1)


def accumulators(
    weights: NDArray[np.int8], bias: NDArray[np.int64], x: NDArray[np.int8]
) -> NDArray[np.int64]:
    return weights.astype(np.int64) @ (x.astype(np.int64) + 3) + bias


@VARIANTS
@settings(max_examples=60, deadline=None)
@given(output_size=st.integers(1, 12), input_size=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_executing_the_stream_gives_the_accumulators(
    variant: KernelVariant, output_size: int, input_size: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-127, 128, (output_size, input_size)).astype(np.int8)
    bias, x = rng.integers(-(2**24), 2**24, output_size), rng.integers(-128, 128, input_size).astype(np.int8)
    sums, multiplier, right_shift = EXECUTE[variant](pack(weights, bias, variant), x)
    assert np.array_equal(sums, accumulators(weights, bias, x))
    assert set(multiplier) == {1 << 30}
    assert set(right_shift) == {7}


@pytest.mark.parametrize("weight", [-127, 127])
@pytest.mark.parametrize("x", [-128, 127])
@pytest.mark.parametrize("input_size", [512, 516, 517, 520, 2000])
def test_paired_rows_stay_exact_at_the_extremes(weight: int, x: int, input_size: int) -> None:
    weights, vector = np.full((5, input_size), weight, np.int8), np.full(input_size, x, np.int8)
    bias = np.arange(5)
    sums, _, _ = execute_dsp(pack(weights, bias, KernelVariant.DSP), vector)
    assert np.array_equal(sums, accumulators(weights, bias, vector))


def test_chunks_cover_all_columns_and_one_suffices_up_to_516() -> None:
    assert chunk_widths(np.full((4, 516), 127, np.int8)) == [516]
    assert chunk_widths(np.full((4, 1040), -127, np.int8)) == [516, 516, 8]
    assert chunk_widths(np.ones((4, 4096), np.int8)) == [4096]


@pytest.mark.parametrize(
    ("variant", "weight", "shift", "bias", "kernel"),
    [
        (KernelVariant.DSP, 5, -1, 0, "ss_fully_connected_s8_dsp"),
        (KernelVariant.DSP, -128, -1, 0, "ss_fully_connected_s8_ref"),
        (KernelVariant.DSP, 5, 0, 0, "ss_fully_connected_s8_ref"),
        (KernelVariant.DSP, 5, -1, 1 << 30, "ss_fully_connected_s8_ref"),
        (KernelVariant.MVE, -128, 0, 1 << 30, "ss_fully_connected_s8_mve"),
        (KernelVariant.MVE, 5, 1, 0, "ss_fully_connected_s8_ref"),
        (KernelVariant.REF, 5, -1, 0, "ss_fully_connected_s8_ref"),
    ],
)
def test_portable_kernel_where_the_variant_would_not_be_exact(
    variant: KernelVariant, weight: int, shift: int, bias: int, kernel: str
) -> None:
    assert pack(np.full((2, 3), weight, np.int8), np.array([0, bias]), variant, shift).kernel == kernel


@VARIANTS
def test_packing_is_deterministic(variant: KernelVariant) -> None:
    weights = np.arange(-60, 60).reshape(5, 24).astype(np.int8)
    first, second = (pack(weights, np.arange(5), variant).arrays["packed"] for _ in range(2))
    assert first.data.tobytes() == second.data.tobytes()
    assert first.alignment == {KernelVariant.DSP: 4, KernelVariant.MVE: 16}[variant]


def test_a_dead_row_keeps_the_fast_kernel() -> None:
    weights = np.zeros((4, 4), np.int8)
    operator = pack_fully_connected(
        weights, 0, 0, [0, 1 << 30, 1 << 30, 1 << 30], [0, -4, -4, -4], KernelVariant.DSP, output_zero_point=0
    )
    assert operator.kernel == "ss_fully_connected_s8_dsp"


def suffix_of(operator: PackedOperator) -> str:
    return operator.kernel.rsplit("_", 1)[1]


@pytest.mark.parametrize(
    ("variant", "shift", "expected"),
    [("dsp", 0, "ref"), ("dsp", -1, "dsp"), ("mve", 1, "ref"), ("mve", 0, "mve"), ("ref", 3, "ref")],
)
def test_mul_is_fast_where_its_shift_allows(variant: str, shift: int, expected: str) -> None:
    output = Requantization(np.array([1 << 30]), np.array([shift]), 0)
    assert suffix_of(pack_mul(5, (0, 0), output, (-128, 127), KernelVariant(variant))) == expected


@VARIANTS
@pytest.mark.parametrize(
    ("kept", "reduced", "is_fast"),
    [
        ((64, 1), ((25, 320), (5, 64)), True),
        ((7, 9), ((9, 1),), True),
        ((7, 3), ((5, 21),), False),
    ],
)
def test_mean_is_fast_along_a_contiguous_axis(
    variant: KernelVariant, kept: tuple[int, int], reduced: tuple[tuple[int, int], ...], is_fast: bool
) -> None:
    shape = MeanShape((kept,), reduced)
    p = mean_parameters((0.1, 0), (0.1, 0), shape.count)
    assert (suffix_of(pack_mean(shape, p, variant)) == variant) == is_fast


@VARIANTS
def test_sums_extrema_and_poolings_have_every_variant(variant: KernelVariant) -> None:
    p = add_parameters((0.1, 0), (0.05, 0), (0.1, 0))
    packed = [pack_sub(3, p, (-128, 127), variant)]
    packed += [pack_extremum(3, is_maximum, variant) for is_maximum in (False, True)]
    geometry = Geometry(1, (4, 4), 3, (2, 2), (1, 1), (1, 1), (0, 0), (3, 3))
    packed += [pack_pool(geometry, is_maximum, (-128, 127), variant) for is_maximum in (False, True)]
    assert {suffix_of(operator) for operator in packed} == {variant}
