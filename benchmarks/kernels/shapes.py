"""What the kernel benchmark calls: every kernel at shapes of TARGETS.md and of streaming speech models."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[2] / "tests" / "kernels"), str(Path(__file__).parent)]

import int16_shapes  # noqa: E402
from case_program import KernelCase  # noqa: E402
from random_cases import (  # noqa: E402
    add_case,
    attention_case,
    batch_matmul_case,
    depthwise_case,
    fully_connected_add_case,
    fully_connected_case,
    softmax_case,
)
from random_elementwise_cases import binary_case, table_case  # noqa: E402
from random_recurrent_cases import lstm_case, svdf_case  # noqa: E402
from random_window_cases import conv_case, mean_case, pool_case  # noqa: E402
from skipstone.firmware.codegen.packing import KernelVariant  # noqa: E402
from skipstone.firmware.codegen.packing.attention import AttentionShape  # noqa: E402
from skipstone.firmware.codegen.packing.convolution import Geometry  # noqa: E402
from skipstone.firmware.codegen.packing.copy_strided import StridedCopy, pack_copy_strided  # noqa: E402
from skipstone.firmware.codegen.packing.shift import pack_shift  # noqa: E402

Rng = np.random.Generator
Named = tuple[str, str, int, KernelCase]

FULLY_CONNECTED = [
    (48, 192), (192, 48), (96, 384), (384, 96), (256, 1024), (1024, 256),
    (160, 96), (96, 96), (96, 176), (96, 32), (32, 12),
]  # fmt: skip
INT4 = FULLY_CONNECTED[:6]
WITH_RESIDUAL = [(96, 96), (384, 96)]
POINTWISE = [(64, 64), (96, 384)]
DEPTHWISE = [(7, 96), (9, 144), (3, 64)]
ADD = [96, 144]
BINARY = 144
SOFTMAX = [32, 64]
TABLE = [96, 384]
ATTENTION = AttentionShape(heads=3, head_dim=32, positions=32, row_stride=96)
MATRICES = [(3, 1, 32, 32), (3, 4, 32, 32)]
MEAN = (1, 25, 5, 64)
ONE = (1, 1)
CONVOLUTIONS = [  # the first of MLPerf Tiny's keyword spotting, and one of many channels
    (Geometry(1, (49, 10), 1, (10, 4), (2, 2), ONE, (4, 1), (25, 5)), 64),
    (Geometry(1, (8, 8), 16, (3, 3), ONE, ONE, (1, 1), (8, 8)), 16),
]
AVERAGE_POOL = Geometry(1, (25, 5), 64, (25, 5), ONE, ONE, (0, 0), ONE)
MAX_POOL = Geometry(1, (14, 14), 32, (2, 2), (2, 2), ONE, (0, 0), (7, 7))
PART_OF_ROWS = (25, 64, 96)
"""A part of a concatenation, or a slice: rows, their bytes, bytes from one row to the next."""
STATE = 31 * 96
SVDF = (1, 40, 8, 1, 64)
"""Batches, inputs, memory, rank, units."""
LSTM = (1, 1, 40, 48)
"""Batches, steps, inputs, units."""


def image_shape(geometry: Geometry) -> str:
    """``14x14x32 by 2x2``."""
    rows, columns = geometry.image
    return f"{rows}x{columns}x{geometry.channels} by {geometry.kernel[0]}x{geometry.kernel[1]}"


def conv_shape(geometry: Geometry, outputs: int) -> str:
    """``8x8x16 by 3x3 to 16``."""
    return f"{image_shape(geometry)} to {outputs}"


def cases(rng: Rng, variant: KernelVariant) -> Iterator[Named]:
    """Kernel, shape, multiply-accumulates or elements, case."""
    yield from _layers(rng, variant)
    for size in SOFTMAX:
        yield "softmax_s8", str(size), size, softmax_case(rng, 1, size, variant)
    yield from _other_matrices(rng, variant)
    yield from _images(rng, variant)
    yield from _elements(rng, variant)
    yield from int16_shapes.cases(rng, variant)
    yield from _recurrent(rng, variant)
    for operator in ("compare", "logical"):
        yield f"{operator}_s8", str(BINARY), BINARY, binary_case(rng, operator, BINARY, variant)


def _layers(rng: Rng, variant: KernelVariant) -> Iterator[Named]:
    for inputs, outputs in FULLY_CONNECTED:
        case = fully_connected_case(rng, outputs, inputs, variant, is_usual=True)
        yield "fully_connected_s8", f"{inputs}x{outputs}", case.macs, case
    for inputs, outputs in POINTWISE:  # at one position the same kernel
        case = fully_connected_case(rng, outputs, inputs, variant, is_usual=True)
        yield "convolution_1x1_s8", f"{inputs}x{outputs}", case.macs, case
    for taps, channels in DEPTHWISE:
        case = depthwise_case(rng, taps, channels, taps // 2, variant, is_usual=True)
        yield "depthwise_s8", f"{taps}x1x{channels}", case.macs, case
    for size in ADD:
        yield "add_s8", str(size), size, add_case(rng, size, variant, is_usual=True)
    shape = f"{ATTENTION.heads}x{ATTENTION.head_dim}x{ATTENTION.positions}"
    case = attention_case(rng, ATTENTION, variant)
    yield "attention_s8", shape, case.macs, case


def _other_matrices(rng: Rng, variant: KernelVariant) -> Iterator[Named]:
    for inputs, outputs in WITH_RESIDUAL:
        case = fully_connected_add_case(rng, outputs, inputs, variant, is_usual=True)
        yield "fully_connected_add_s8", f"{inputs}x{outputs}", case.macs, case
    for inputs, outputs in INT4:
        case = fully_connected_case(rng, outputs, inputs, variant, is_usual=True, weight_bits=4)
        yield "fully_connected_s4", f"{inputs}x{outputs}", case.macs, case
    for sizes in MATRICES:
        for is_adjoint in (True, False):
            case = batch_matmul_case(rng, sizes, is_adjoint, variant)
            shape = "x".join(map(str, sizes)) + (" adjoint" if is_adjoint else "")
            yield "batch_matmul_s8", shape, case.macs, case


def _images(rng: Rng, variant: KernelVariant) -> Iterator[Named]:
    for geometry, outputs in CONVOLUTIONS:
        case = conv_case(rng, geometry, outputs, variant, is_usual=True)
        yield "convolution_s8", conv_shape(geometry, outputs), case.macs, case
    for name, geometry, is_maximum in (
        ("average_pool_s8", AVERAGE_POOL, False),
        ("max_pool_s8", MAX_POOL, True),
    ):
        case = pool_case(rng, geometry, is_maximum, variant)
        yield name, image_shape(geometry), case.inputs[0].size, case
    for axes in ({1, 2}, {3}):
        case = mean_case(rng, MEAN, axes, variant)
        shape = "x".join(map(str, MEAN[1:])) + " over " + ("rows, columns" if axes == {1, 2} else "channels")
        yield "mean_s8", shape, case.inputs[0].size, case


def _elements(rng: Rng, variant: KernelVariant) -> Iterator[Named]:
    for operator in ("sub", "mul", "minimum", "maximum"):
        yield f"{operator}_s8", str(BINARY), BINARY, binary_case(rng, operator, BINARY, variant)
    for size in TABLE:
        yield "table_s8", str(size), size, table_case(rng, size, variant)
    rows, size, stride = PART_OF_ROWS
    part = rng.integers(-128, 128, (rows, stride)).astype(np.int8)
    copy = pack_copy_strided(StridedCopy(0, 0, ((rows, stride, size),), size), variant)
    expected = np.ascontiguousarray(part[:, :size]).ravel()
    yield "copy_strided_s8", f"{rows}x{size}", rows * size, KernelCase(copy.kernel, copy, [part], expected)
    state = rng.integers(-128, 128, STATE).astype(np.int8)
    shift = pack_shift(STATE, variant)
    yield "shift_s8", str(STATE), STATE, KernelCase(shift.kernel, shift, [state], state)


def _recurrent(rng: Rng, variant: KernelVariant) -> Iterator[Named]:
    for dtype, name in (("int8", "svdf_s8"), ("int16", "svdf_s8_s16")):
        case = svdf_case(rng, SVDF, dtype, variant)
        yield name, "{1} by {2} to {4}".format(*SVDF), case.macs, case
    for dtype, name in (("int8", "lstm_s8"), ("int16", "lstm_s16")):
        case = lstm_case(rng, LSTM, dtype, variant)
        yield name, "{2} to {3}".format(*LSTM), case.macs, case
