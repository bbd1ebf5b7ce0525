"""The portable kernels yield the bytes of the integer arithmetic for any shape, with defined behaviour."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import numpy as np
import pytest
from case_program import KernelCase
from host_library import KernelLibrary
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_cases import (
    add_case,
    attention_case,
    batch_matmul_case,
    depthwise_case,
    fully_connected_add_case,
    fully_connected_case,
    softmax_case,
)
from random_elementwise_cases import BINARY, binary_case, table_case
from random_window_cases import conv_case, random_geometry, random_mean_case, random_pool_case
from skipstone.firmware.codegen.packing import KernelVariant
from skipstone.firmware.codegen.packing.attention import AttentionShape

REF = KernelVariant.REF
SEEDS = st.integers(0, 2**32 - 1)
SIZE = st.integers(1, 70)
HYPOTHESIS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> KernelLibrary:
    if shutil.which("gcc") is None:
        pytest.fail("gcc is not installed; run make setup")
    return KernelLibrary(tmp_path_factory.mktemp("kernels"))


Check = Callable[[KernelCase], None]


@pytest.fixture
def check(library: KernelLibrary, capfd: pytest.CaptureFixture[str]) -> Check:
    """Runs a case; the output must be right and the sanitizer silent."""

    def run(case: KernelCase) -> None:
        output = library.run(case)
        assert np.array_equal(output, case.expected), case.label
        assert "runtime error" not in capfd.readouterr().err, case.label

    return run


@HYPOTHESIS
@given(seed=SEEDS, output_size=SIZE, input_size=st.integers(1, 600))
def test_fully_connected(check: Check, seed: int, output_size: int, input_size: int) -> None:
    check(fully_connected_case(np.random.default_rng(seed), output_size, input_size, REF))


@HYPOTHESIS
@given(seed=SEEDS, output_size=SIZE, input_size=st.integers(1, 200))
def test_fully_connected_int4(check: Check, seed: int, output_size: int, input_size: int) -> None:
    check(fully_connected_case(np.random.default_rng(seed), output_size, input_size, REF, weight_bits=4))


@HYPOTHESIS
@given(seed=SEEDS, largest=st.floats(0.001, 4000))
def test_fully_connected_with_left_shifts(check: Check, seed: int, largest: float) -> None:
    check(fully_connected_case(np.random.default_rng(seed), 5, 3, REF, largest))


@HYPOTHESIS
@given(seed=SEEDS, output_size=SIZE, input_size=st.integers(1, 100), in_place=st.sampled_from([None, 1]))
def test_fully_connected_add(
    check: Check, seed: int, output_size: int, input_size: int, in_place: int | None
) -> None:
    check(fully_connected_add_case(np.random.default_rng(seed), output_size, input_size, REF, in_place))


@HYPOTHESIS
@given(seed=SEEDS, taps=st.integers(1, 12), channels=SIZE, padding=st.integers(0, 5), data=st.data())
def test_depthwise_ring(
    check: Check, seed: int, taps: int, channels: int, padding: int, data: st.DataObject
) -> None:
    oldest = data.draw(st.integers(0, taps - 1))
    check(depthwise_case(np.random.default_rng(seed), taps, channels, oldest, REF, padding=padding))


@HYPOTHESIS
@given(seed=SEEDS, size=SIZE, in_place=st.sampled_from([None, 0, 1]))
def test_add(check: Check, seed: int, size: int, in_place: int | None) -> None:
    check(add_case(np.random.default_rng(seed), size, REF, in_place))


@HYPOTHESIS
@given(seed=SEEDS, rows=st.integers(1, 4), size=st.integers(1, 511), in_place=st.sampled_from([None, 0]))
def test_softmax(check: Check, seed: int, rows: int, size: int, in_place: int | None) -> None:
    check(softmax_case(np.random.default_rng(seed), rows, size, REF, in_place))


@HYPOTHESIS
@given(
    seed=SEEDS,
    heads=st.integers(1, 4),
    head_dim=SIZE,
    positions=st.integers(1, 64),
    padding=st.integers(0, 5),
    in_place=st.sampled_from([None, 0]),
)
def test_attention_is_matmul_softmax_matmul(
    check: Check, seed: int, heads: int, head_dim: int, positions: int, padding: int, in_place: int | None
) -> None:
    shape = AttentionShape(heads, head_dim, positions, heads * head_dim + padding)
    check(attention_case(np.random.default_rng(seed), shape, REF, has_zero_points=True, in_place=in_place))


@HYPOTHESIS
@given(
    seed=SEEDS,
    sizes=st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 40), st.integers(1, 12)),
    is_adjoint=st.booleans(),
)
def test_batch_matmul(check: Check, seed: int, sizes: tuple[int, int, int, int], is_adjoint: bool) -> None:
    check(batch_matmul_case(np.random.default_rng(seed), sizes, is_adjoint, REF))


@HYPOTHESIS
@given(seed=SEEDS, operator=st.sampled_from(BINARY), size=SIZE, in_place=st.sampled_from([None, 0, 1]))
def test_elementwise(check: Check, seed: int, operator: str, size: int, in_place: int | None) -> None:
    check(binary_case(np.random.default_rng(seed), operator, size, REF, in_place))


@HYPOTHESIS
@given(seed=SEEDS, size=SIZE, in_place=st.sampled_from([None, 0]))
def test_table(check: Check, seed: int, size: int, in_place: int | None) -> None:
    check(table_case(np.random.default_rng(seed), size, REF, in_place))


@HYPOTHESIS
@given(seed=SEEDS, outputs=st.integers(1, 12))
def test_convolution(check: Check, seed: int, outputs: int) -> None:
    rng = np.random.default_rng(seed)
    check(conv_case(rng, random_geometry(rng), outputs, REF))


@HYPOTHESIS
@given(seed=SEEDS)
def test_pooling(check: Check, seed: int) -> None:
    check(random_pool_case(np.random.default_rng(seed), REF))


@HYPOTHESIS
@given(seed=SEEDS)
def test_mean(check: Check, seed: int) -> None:
    check(random_mean_case(np.random.default_rng(seed), REF))
