"""What the kernel benchmark calls of the kernels on int16 activations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import random_int16_cases as layers
import random_int16_elementwise_cases as elementwise
from case_program import KernelCase
from skipstone.firmware.codegen.packing import KernelVariant
from skipstone.firmware.codegen.packing.convolution import Geometry

Rng = np.random.Generator
Named = tuple[str, str, int, KernelCase]

FULLY_CONNECTED = [(96, 96), (96, 384), (384, 96), (96, 32), (32, 12)]
ONE = (1, 1)
CONVOLUTIONS = [
    (Geometry(1, (8, 8), 16, (3, 3), ONE, ONE, (1, 1), (8, 8)), 16),
    (Geometry(1, ONE, 64, ONE, ONE, ONE, (0, 0), ONE), 64),
]
DEPTHWISE = [
    Geometry(1, (7, 1), 96, (7, 1), ONE, ONE, (0, 0), ONE),
    Geometry(1, (8, 8), 16, (3, 3), ONE, ONE, (1, 1), (8, 8)),
]
MATRICES = (3, 1, 32, 32)
ELEMENTS = 144
SOFTMAX = 32
POOL = Geometry(1, (14, 14), 16, (2, 2), (2, 2), ONE, (0, 0), (7, 7))
MEAN = (1, 12, 5, 48)


def cases(rng: Rng, variant: KernelVariant) -> Iterator[Named]:
    """Kernel, shape, multiply-accumulates or elements, case."""
    for inputs, outputs in FULLY_CONNECTED:
        case = layers.fully_connected_case(rng, outputs, inputs, variant)
        yield "fully_connected_s16", f"{inputs}x{outputs}", case.macs, case
    for geometry, outputs in CONVOLUTIONS:
        case = layers.conv_case(rng, geometry, outputs, variant)
        yield "conv_2d_s16", f"{_image(geometry)} to {outputs}", case.macs, case
    for geometry in DEPTHWISE:
        case = layers.depthwise_case(rng, geometry, 1, variant)
        yield "depthwise_conv_2d_s16", _image(geometry), case.macs, case
    for is_adjoint in (True, False):
        case = layers.batch_matmul_case(rng, MATRICES, is_adjoint, variant)
        shape = "x".join(map(str, MATRICES)) + (" adjoint" if is_adjoint else "")
        yield "batch_matmul_s16", shape, case.macs, case
    yield from _elements(rng, variant)
    for name, is_maximum in (("average_pool_s16", False), ("max_pool_s16", True)):
        case = elementwise.pool_case(rng, POOL, is_maximum, variant)
        yield name, _image(POOL), case.inputs[0].size // 2, case
    for axes in ({1, 2}, {3}):
        case = elementwise.mean_case(rng, MEAN, axes, variant)
        shape = "x".join(map(str, MEAN[1:])) + " over " + ("rows, columns" if axes == {1, 2} else "channels")
        yield "mean_s16", shape, case.inputs[0].size // 2, case


def _elements(rng: Rng, variant: KernelVariant) -> Iterator[Named]:
    for name in elementwise.BINARY:
        yield f"{name}_s16", str(ELEMENTS), ELEMENTS, elementwise.binary_case(rng, name, ELEMENTS, variant)
    for name in elementwise.UNARY:
        kernel = name if name.startswith("requantize_") else f"{name}_s16"
        yield kernel, str(ELEMENTS), ELEMENTS, elementwise.unary_case(rng, name, ELEMENTS, variant)
    yield "softmax_s16", str(SOFTMAX), SOFTMAX, elementwise.softmax_case(rng, 1, SOFTMAX, variant)
    yield "fill_s16", str(ELEMENTS), ELEMENTS, elementwise.fill_case(rng, ELEMENTS, variant)


def _image(geometry: Geometry) -> str:
    """``14x14x16 by 2x2``."""
    rows, columns = geometry.image
    return f"{rows}x{columns}x{geometry.channels} by {geometry.kernel[0]}x{geometry.kernel[1]}"
