"""Every kernel variant yields the bytes of the integer arithmetic, on the host, Cortex-M4 and Cortex-M55.

Each case runs at four alignments of its buffers, with guard bytes around output and scratch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import random_int16_cases as int16
import random_int16_elementwise_cases as int16_elementwise
from case_program import HOST, M4, M55, KernelCase, Target, check
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
from random_recurrent_cases import lstm_case, svdf_case
from random_window_cases import conv_case, mean_case, random_geometry, random_mean_case, random_pool_case
from skipstone.firmware.codegen.packing import KernelVariant
from skipstone.firmware.codegen.packing.attention import AttentionShape

CaseMaker = Callable[[np.random.Generator, KernelVariant], list[KernelCase]]
WHERE = [
    pytest.param(HOST, KernelVariant.REF, id="ref-on-host"),
    pytest.param(M4, KernelVariant.DSP, id="dsp-on-cortex-m4"),
    pytest.param(M55, KernelVariant.MVE, id="mve-on-cortex-m55"),
]
FULLY_CONNECTED_SIZES = [
    (1, 1), (1, 4), (2, 3), (3, 5), (4, 15), (4, 16), (5, 17), (7, 31), (8, 33), (12, 32), (32, 96), (13, 47),
    (96, 160), (172, 96), (173, 97), (384, 96), (96, 384), (4, 516), (6, 517), (9, 1030), (64, 64), (30, 20),
]  # fmt: skip


def fully_connected_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    cases = [fully_connected_case(rng, n, k, variant) for n, k in FULLY_CONNECTED_SIZES]
    cases += [fully_connected_case(rng, *rng.integers(1, 70, 2), variant) for _ in range(40)]
    return cases + [fully_connected_case(rng, 9, 33, variant, largest) for largest in (0.6, 0.99, 3.0)]


def fully_connected_int4_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    sizes = [*FULLY_CONNECTED_SIZES, *rng.integers(1, 70, (20, 2)).tolist()]
    cases = [fully_connected_case(rng, n, k, variant, weight_bits=4) for n, k in sizes]
    factors = (0.6, 0.99, 3.0)
    return cases + [fully_connected_case(rng, 9, 33, variant, factor, weight_bits=4) for factor in factors]


def fully_connected_add_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    sizes = [*FULLY_CONNECTED_SIZES, *rng.integers(1, 70, (40, 2)).tolist()]
    cases = [
        fully_connected_add_case(rng, n, k, variant, in_place=None if i % 3 == 0 else 1)
        for i, (n, k) in enumerate(sizes)
    ]
    return cases + [fully_connected_add_case(rng, 9, 33, variant, 1, largest) for largest in (0.6, 0.99, 3.0)]


def depthwise_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    cases = [depthwise_case(rng, 7, 96, oldest, variant) for oldest in range(7)]
    for _ in range(40):
        taps, channels, padding = (int(v) for v in rng.integers([1, 1, 0], [10, 40, 5]))
        cases.append(depthwise_case(rng, taps, channels, int(rng.integers(taps)), variant, padding))
    return cases


def add_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    in_place = [None, 0, 1]
    sizes = [1, 2, 3, 4, 5, 96, 97, 144, *rng.integers(1, 200, 40)]
    return [add_case(rng, int(size), variant, in_place[i % 3]) for i, size in enumerate(sizes)]


def attention_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    shapes = [AttentionShape(3, 32, 32, 96), AttentionShape(1, 1, 1, 1), AttentionShape(2, 17, 5, 40)]
    for _ in range(30):
        heads, head_dim, positions, padding = (int(v) for v in rng.integers([1, 1, 1, 0], [4, 40, 40, 4]))
        shapes.append(AttentionShape(heads, head_dim, positions, heads * head_dim + padding))
    return [
        attention_case(rng, shape, variant, has_zero_points=i % 3 == 2, in_place=0 if i % 2 else None)
        for i, shape in enumerate(shapes)
    ]


def softmax_and_matmul_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    sizes = [(1, 1), (1, 511), (3, 32), *rng.integers(1, 70, (20, 2))]
    cases = [
        softmax_case(rng, int(rows), int(size), variant, 0 if rows % 2 else None) for rows, size in sizes
    ]
    for index in range(20):
        batches, rows, depth, columns = (int(v) for v in rng.integers(1, [4, 5, 40, 20]))
        cases.append(batch_matmul_case(rng, (batches, rows, depth, columns), index % 2 == 0, variant))
    return cases


def elementwise_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    in_place = [None, 0, 1]
    sizes = [1, 2, 3, 4, 5, 8, 15, 16, 17, 96, 97, *rng.integers(1, 200, 12).tolist()]
    cases = [
        binary_case(rng, operator, size, variant, in_place[i % 3])
        for operator in BINARY
        for i, size in enumerate(sizes)
    ]
    return cases + [table_case(rng, size, variant, in_place[i % 2]) for i, size in enumerate(sizes)]


def pool_and_mean_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    means = [((1, 25, 5, 64), {1, 2}), ((1, 1, 700), {2}), ((3, 4, 37), {1}), ((5, 33), {0, 1}), ((9,), {0})]
    cases = [mean_case(rng, shape, axes, variant) for shape, axes in means]
    cases += [random_mean_case(rng, variant) for _ in range(40)]
    return cases + [random_pool_case(rng, variant) for _ in range(40)]


def convolution_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    return [
        conv_case(rng, random_geometry(rng), int(rng.integers(1, 12)), variant, is_usual=i % 2 == 0)
        for i in range(30)
    ]


def int16_layer_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    sizes = [
        (1, 1),
        (2, 3),
        (3, 4),
        (5, 8),
        (4, 15),
        (7, 16),
        (6, 17),
        (32, 96),
        *rng.integers(1, 70, (20, 2)),
    ]
    return [
        int16.fully_connected_case(rng, int(n), int(k), variant, is_wide=i % 3 != 0)
        for i, (n, k) in enumerate(sizes)
    ]


def int16_window_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    cases = []
    for i in range(24):
        shape = random_geometry(rng)
        cases.append(int16.conv_case(rng, shape, int(rng.integers(1, 12)), variant, is_wide=i % 3 != 0))
        cases.append(int16.depthwise_case(rng, shape, int(rng.choice([1, 1, 2, 3])), variant))
        cases.append(int16_elementwise.pool_case(rng, shape, i % 2 == 0, variant))
    return cases


def int16_matrix_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    sizes = [(1, 1, 1, 1), (3, 1, 32, 32), *rng.integers(1, [4, 5, 40, 20], (20, 4)).tolist()]
    return [int16.batch_matmul_case(rng, tuple(one), i % 2 == 0, variant) for i, one in enumerate(sizes)]


def int16_elementwise_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    in_place, sizes = [None, 0, 1], [1, 2, 7, 8, 9, 64, 97]
    cases = [
        int16_elementwise.binary_case(rng, name, size, variant, in_place[i % 3])
        for name in int16_elementwise.BINARY
        for i, size in enumerate(sizes)
    ]
    cases += [
        int16_elementwise.unary_case(rng, name, size, variant)
        for name in int16_elementwise.UNARY
        for size in sizes
    ]
    cases += [int16_elementwise.softmax_case(rng, 1 + size % 3, size, variant) for size in sizes]
    cases += [int16_elementwise.fill_case(rng, size, variant) for size in sizes]
    means = [((1, 9, 5, 12), {1, 2}), ((1, 1, 300), {2}), ((3, 4, 17), {1}), ((5, 33), {0, 1})]
    return cases + [int16_elementwise.mean_case(rng, shape, axes, variant) for shape, axes in means]


def recurrent_cases(rng: np.random.Generator, variant: KernelVariant) -> list[KernelCase]:
    cases = []
    for i in range(16):
        for dtype in ("int8", "int16"):
            sizes = tuple(int(n) for n in rng.integers(1, [3, 40, 20, 4, 12]))
            cases.append(svdf_case(rng, sizes, dtype, variant))
            sizes = tuple(int(n) for n in rng.integers(1, [3, 4, 40, 20]))
            cases.append(lstm_case(rng, sizes, dtype, variant, time_major=i % 2 == 0))
    return cases


@pytest.mark.parametrize(("target", "variant"), WHERE)
@pytest.mark.parametrize(
    "cases",
    [
        fully_connected_cases,
        fully_connected_int4_cases,
        fully_connected_add_cases,
        depthwise_cases,
        add_cases,
        attention_cases,
        softmax_and_matmul_cases,
        elementwise_cases,
        pool_and_mean_cases,
        convolution_cases,
        int16_layer_cases,
        int16_window_cases,
        int16_matrix_cases,
        int16_elementwise_cases,
        recurrent_cases,
    ],
)
def test_output_is_byte_exact(
    target: Target, variant: KernelVariant, cases: CaseMaker, tmp_path: Path
) -> None:
    if not target.is_available:
        pytest.fail(f"{target.name}: compiler or emulator is not installed; run make setup")
    rng = np.random.default_rng(20261122)
    assert check(cases(rng, variant), target, tmp_path) == []
