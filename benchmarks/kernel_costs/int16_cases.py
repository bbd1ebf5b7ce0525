"""Calls of every kernel on int16 activations at sizes of streaming speech models."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import random_int16_cases as layers
import random_int16_elementwise_cases as elementwise
from case_program import KernelCase
from random_recurrent_cases import lstm_case
from skipstone.firmware.codegen.packing import KernelVariant
from skipstone.firmware.codegen.packing.convolution import Geometry

Rng = np.random.Generator
LAYERS = [
    (8, 4), (16, 16), (24, 8), (30, 10), (40, 32), (64, 64), (96, 32), (32, 12), (100, 50), (96, 96),
    (160, 96), (192, 48), (48, 192), (60, 7), (320, 3), (33, 5), (2, 9), (7, 24),
]  # fmt: skip
IMAGES = [
    ((10, 8), 4, 8, (3, 3), (1, 1), 1), ((10, 8), 8, 16, (1, 1), (1, 1), 0),
    ((12, 5), 1, 16, (4, 5), (2, 1), 0), ((25, 10), 1, 32, (10, 4), (2, 2), 1),
    ((12, 5), 16, 16, (1, 1), (1, 1), 0), ((8, 8), 3, 10, (3, 2), (2, 2), 0),
    ((6, 1), 32, 24, (3, 1), (1, 1), 0), ((9, 9), 6, 5, (3, 3), (1, 1), 1),
    ((20, 1), 20, 8, (5, 1), (1, 1), 0), ((16, 1), 40, 32, (5, 1), (1, 1), 0),
    ((10, 4), 16, 40, (3, 2), (1, 1), 1), ((13, 1), 24, 16, (4, 1), (2, 1), 0),
    ((6, 6), 12, 20, (3, 3), (1, 1), 1), ((8, 3), 32, 16, (2, 3), (1, 1), 0),
    ((9, 5), 20, 12, (1, 1), (2, 2), 0), ((5, 5), 24, 30, (2, 2), (1, 1), 0),
    ((7, 3), 10, 6, (3, 3), (1, 1), 1), ((5, 1), 24, 12, (5, 1), (1, 1), 0),
    ((7, 1), 64, 32, (7, 1), (1, 1), 0), ((1, 1), 48, 32, (1, 1), (1, 1), 0),
    ((3, 1), 40, 64, (3, 1), (1, 1), 0), ((1, 1), 21, 9, (1, 1), (1, 1), 0),
    ((9, 1), 30, 16, (9, 1), (1, 1), 0), ((4, 1), 7, 33, (4, 1), (1, 1), 0),
]  # fmt: skip
"""Image, channels, outputs, kernel, stride, padding; the last ones are windows over time, one a step."""
SIZES = [1, 4, 7, 8, 16, 40, 64, 96, 100, 144, 256]
SOFTMAX = [(1, 4), (1, 10), (1, 12), (1, 32), (1, 64), (3, 32), (8, 20), (2, 128)]
MATRICES = [
    (1, 1, 32, 16), (3, 1, 32, 32), (2, 4, 16, 8), (1, 10, 8, 10), (4, 2, 24, 6), (1, 6, 40, 3),
    (3, 2, 16, 32), (1, 4, 64, 12), (2, 8, 12, 9), (6, 1, 20, 24), (1, 3, 100, 5), (2, 2, 48, 16),
    (1, 16, 16, 16), (4, 1, 10, 7), (1, 2, 7, 5), (2, 1, 33, 4),
]  # fmt: skip
RECURRENT = 40
"""Cases of LSTM, of random sizes: their inner products have two lengths each."""


def int16_cases(variant: KernelVariant) -> Iterator[KernelCase]:
    """All cases of one kernel variant, from a fixed seed; values are random, for some costs follow them."""
    rng = np.random.default_rng(11)
    for inputs, outputs in LAYERS:
        for is_wide in (True, False):
            yield layers.fully_connected_case(rng, outputs, inputs, variant, is_wide)
    for image in IMAGES:
        yield from _image_cases(rng, image, variant)
    for sizes in MATRICES:
        for is_adjoint in (True, False):
            yield layers.batch_matmul_case(rng, sizes, is_adjoint, variant)
    for size in SIZES:
        yield from (elementwise.binary_case(rng, name, size, variant) for name in elementwise.BINARY)
        yield from (elementwise.unary_case(rng, name, size, variant) for name in elementwise.UNARY)
        yield elementwise.fill_case(rng, size, variant)
    for rows, size in SOFTMAX:
        yield elementwise.softmax_case(rng, rows, size, variant)
    for _ in range(RECURRENT):
        inputs, units, steps = (int(n) for n in rng.integers([8, 8, 1], [100, 64, 4]))
        yield lstm_case(rng, (1, steps, inputs, units), "int16", variant)


def _image_cases(
    rng: Rng,
    image: tuple[tuple[int, int], int, int, tuple[int, int], tuple[int, int], int],
    variant: KernelVariant,
) -> Iterator[KernelCase]:
    size, channels, outputs, kernel, stride, padding = image
    pads = [padding * (k // 2) for k in kernel]
    extent = [(size[i] + 2 * pads[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    places = (pads[0], pads[1]), (extent[0], extent[1])
    geometry = Geometry(1, size, channels, kernel, stride, (1, 1), *places)
    for is_wide in (True, False):
        yield layers.conv_case(rng, geometry, outputs, variant, is_wide)
    for repeat in (1, 2):
        yield layers.depthwise_case(rng, geometry, repeat, variant)
    for is_maximum in (False, True):
        yield elementwise.pool_case(rng, geometry, is_maximum, variant)
    for axes in ({1, 2}, {1}, {2}, {3}):
        yield elementwise.mean_case(rng, (1, *size, channels), axes, variant)
