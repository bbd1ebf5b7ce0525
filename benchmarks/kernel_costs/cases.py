"""Calls of every kernel at sizes of streaming speech models: what the cost models are fitted to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[2] / "tests" / "kernels"), str(Path(__file__).parent)]

from case_program import KernelCase  # noqa: E402
from int16_cases import int16_cases  # noqa: E402
from random_cases import (  # noqa: E402
    add_case,
    attention_case,
    batch_matmul_case,
    depthwise_case,
    fully_connected_add_case,
    fully_connected_case,
    softmax_case,
)
from random_int16_cases import ALIGNMENT  # noqa: E402
from skipstone.firmware.codegen.buffers import Buffer, Span  # noqa: E402
from skipstone.firmware.codegen.operations import DepthwiseConv, FullyConnected, Requantization  # noqa: E402
from skipstone.firmware.codegen.packing import KernelVariant, pack_embedding  # noqa: E402
from skipstone.firmware.codegen.packing.attention import AttentionShape  # noqa: E402
from skipstone.firmware.codegen.packing.comparison import pack_compare, pack_logical  # noqa: E402
from skipstone.firmware.codegen.packing.convolution import (  # noqa: E402
    Geometry,
    pack_conv_2d,
    pack_depthwise_conv_2d,
)
from skipstone.firmware.codegen.packing.copy_strided import StridedCopy, pack_copy_strided  # noqa: E402
from skipstone.firmware.codegen.packing.elementwise import pack_extremum, pack_mul, pack_sub  # noqa: E402
from skipstone.firmware.codegen.packing.lstm import LstmLayer, pack_lstm  # noqa: E402
from skipstone.firmware.codegen.packing.operator import PackedOperator  # noqa: E402
from skipstone.firmware.codegen.packing.pooling import MeanShape, pack_mean, pack_pool  # noqa: E402
from skipstone.firmware.codegen.packing.shift import pack_shift  # noqa: E402
from skipstone.firmware.codegen.packing.svdf import SvdfLayer, pack_svdf  # noqa: E402
from skipstone.firmware.codegen.packing.table import pack_table  # noqa: E402
from skipstone.quantize.arithmetic.addition import add_parameters  # noqa: E402
from skipstone.quantize.arithmetic.fixed_point import quantize_multipliers  # noqa: E402
from skipstone.quantize.arithmetic.lstm import lstm_parameters  # noqa: E402
from skipstone.quantize.arithmetic.mean import mean_parameters  # noqa: E402
from skipstone.quantize.arithmetic.svdf import svdf_parameters  # noqa: E402

Rng = np.random.Generator
LAYERS = [
    (8, 4), (16, 16), (24, 8), (30, 10), (40, 32), (64, 64), (96, 32), (32, 12), (100, 50), (96, 96),
    (160, 96), (120, 32), (192, 48), (48, 192), (60, 7), (96, 384), (384, 96), (320, 1), (320, 3),
    (256, 176),
]  # fmt: skip
ROWS = [
    (3, 64),
    (5, 32),
    (7, 96),
    (9, 64),
    (13, 64),
    (21, 64),
    (9, 144),
    (4, 16),
    (3, 10),
    (11, 40),
    (2, 7),
    (5, 21),
    (4, 48),
    (6, 33),
]
SIZES = [1, 4, 7, 8, 16, 40, 60, 64, 96, 100, 144, 256, 384]
SOFTMAX = [(1, 4), (1, 10), (1, 12), (1, 32), (1, 64), (3, 32), (8, 20), (2, 128)]
ATTENTIONS = [
    (1, 16, 16), (2, 16, 32), (3, 32, 32), (4, 24, 16), (2, 8, 4), (4, 32, 24), (1, 64, 32), (3, 20, 30),
    (2, 48, 12), (6, 16, 20),
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
    ((12, 5), 32, 32, (1, 1), (1, 1), 0), ((7, 3), 10, 6, (3, 3), (1, 1), 1),
]  # fmt: skip
"""Image, channels, outputs, kernel, stride, padding."""
MATRICES = [
    (1, 1, 32, 16), (3, 1, 32, 32), (2, 4, 16, 8), (1, 10, 8, 10), (4, 2, 24, 6), (1, 6, 40, 3),
    (3, 2, 16, 32), (1, 4, 64, 12), (2, 8, 12, 9), (6, 1, 20, 24), (1, 3, 100, 5), (2, 2, 48, 16),
    (1, 16, 16, 16), (4, 1, 10, 7),
]  # fmt: skip
BOXES = [
    ((1, 1, 1, 4), 40), ((1, 1, 3, 5), 8), ((1, 2, 3, 4), 5), ((2, 3, 2, 3), 2), ((1, 1, 1, 20), 64),
    ((1, 1, 1, 60), 1), ((1, 1, 8, 8), 1), ((1, 1, 1, 1), 100), ((1, 1, 1, 9), 32), ((3, 1, 2, 7), 12),
    ((1, 4, 4, 4), 4), ((1, 1, 1, 1), 16),
]  # fmt: skip


RECURRENT = 40
"""Cases of SVDF and of LSTM each, of random sizes: their inner products have two lengths each."""


def cases(variant: KernelVariant) -> Iterator[KernelCase]:
    """All cases of one kernel variant, from a fixed seed."""
    rng = np.random.default_rng(2)
    for inputs, outputs in LAYERS:
        for bits in (8, 4):
            yield fully_connected_case(rng, outputs, inputs, variant, is_usual=True, weight_bits=bits)
        yield fully_connected_add_case(rng, outputs, inputs, variant, is_usual=True)
    for taps, channels in ROWS:
        yield depthwise_case(rng, taps, channels, taps // 2, variant, is_usual=True)
    for image in IMAGES:
        yield from _image_cases(rng, image, variant)
    for size in SIZES:
        yield add_case(rng, size, variant, is_usual=True)
        yield from _element_cases(rng, size, variant)
    for rows, size in SOFTMAX:
        yield softmax_case(rng, rows, size, variant)
    for heads, depth, positions in ATTENTIONS:
        yield attention_case(rng, AttentionShape(heads, depth, positions, heads * depth), variant)
    for sizes in MATRICES:
        yield batch_matmul_case(rng, sizes, is_adjoint=True, variant=variant)
    for counts, run in BOXES:
        yield _case(pack_copy_strided(_box(counts, run), variant), [8192], int(np.prod(counts)) * run)
    yield from _recurrent_cases(variant)
    for tokens, width in [(1, 16), (2, 48), (2, 96), (3, 20), (4, 7), (1, 128)]:
        table = rng.integers(-128, 128, (10, width)).astype(np.int8)
        yield _case(pack_embedding(table, tokens, variant), [4 * tokens], tokens * width, alignment=4)
    yield from int16_cases(variant)


def _recurrent_cases(variant: KernelVariant) -> Iterator[KernelCase]:
    rng = np.random.default_rng(5)
    for _ in range(RECURRENT):
        inputs, memory, rank, units = (int(n) for n in rng.integers([8, 2, 1, 4], [100, 33, 4, 40]))
        for dtype in ("int8", "int16"):
            yield _svdf_case(rng, (inputs, memory, rank, units), dtype, variant)
        inputs, units, steps = (int(n) for n in rng.integers([8, 8, 1], [100, 64, 4]))
        yield _lstm_case(rng, (inputs, units, steps), variant)


def _svdf_case(rng: Rng, sizes: tuple[int, int, int, int], dtype: str, variant: KernelVariant) -> KernelCase:
    inputs, memory, rank, units = sizes
    filters = rank * units
    layer = SvdfLayer(
        1,
        rank,
        rng.integers(-127, 128, (filters, inputs)).astype(np.int8),
        rng.integers(-127, 128, (filters, memory)).astype(dtype),
        rng.integers(-99, 99, units).astype(np.int32),
        (3, 0, -5),
        svdf_parameters(0.05, 0.01, 0.01, 0.1, 0.1),
    )
    state = filters * memory * np.dtype(dtype).itemsize
    return _case(pack_svdf(layer, variant), [inputs, state], units, ALIGNMENT)


def _lstm_case(rng: Rng, sizes: tuple[int, int, int], variant: KernelVariant) -> KernelCase:
    inputs, units, steps = sizes
    layer = LstmLayer(
        1,
        steps,
        False,
        rng.integers(-127, 128, (4 * units, inputs)).astype(np.int8),
        rng.integers(-127, 128, (4 * units, units)).astype(np.int8),
        rng.integers(-3000, 3000, 4 * units).astype(np.int32),
        3,
        lstm_parameters(0.05, [0.005] * 4, (1 / 128, 0), [0.005] * 4, 2**-11, 0.0),
    )
    return _case(pack_lstm(layer, variant), [steps * inputs, units, 2 * units], steps * units, ALIGNMENT)


def _case(operator: PackedOperator, inputs: list[int], outputs: int, alignment: int = 1) -> KernelCase:
    """A case that is only counted: zeros in, nothing expected."""
    values = [np.zeros(n, np.int8) for n in inputs]
    return KernelCase(operator.kernel, operator, values, np.zeros(outputs, np.int8), alignment=alignment)


def _box(counts: tuple[int, ...], run: int) -> StridedCopy:
    """Axes of one element each are left out, as code generation does; source rows lie twice as far apart."""
    axes, stride = [], run
    for count in reversed(counts):
        if count > 1:
            axes.append((count, 2 * stride, stride))
        stride *= count
    return StridedCopy(0, 0, tuple(reversed(axes)), run)


def _rescaling(channels: int) -> Requantization:
    multipliers, shifts = quantize_multipliers(np.full(channels, 0.001))
    return Requantization(multipliers, shifts, 3)


def _image_cases(
    rng: Rng,
    image: tuple[tuple[int, int], int, int, tuple[int, int], tuple[int, int], int],
    variant: KernelVariant,
) -> Iterator[KernelCase]:
    size, channels, outputs, kernel, stride, padding = image
    pads = tuple(padding * (k // 2) for k in kernel)
    extent = [(size[i] + 2 * pads[i] - kernel[i]) // stride[i] + 1 for i in range(2)]
    geometry = Geometry(1, size, channels, kernel, stride, (1, 1), (pads[0], pads[1]), (extent[0], extent[1]))
    span, taps, count = Span(Buffer("x", 1), 0, 1), kernel[0] * kernel[1], geometry.count
    bytes_in = size[0] * size[1] * channels
    weights = rng.integers(-127, 128, (outputs, taps * channels)).astype(np.int8)
    layer = FullyConnected(
        "y", (0, 0), span, span, weights, np.zeros(outputs, np.int32), -3, _rescaling(outputs)
    )
    yield _case(pack_conv_2d(layer, geometry, variant), [bytes_in], count * outputs)
    for repeat in (1, 2):
        wide = channels * repeat
        weights = rng.integers(-127, 128, (taps, wide)).astype(np.int8)
        rows = DepthwiseConv("y", (0, 0), span, span, weights, np.zeros(wide, np.int32), -3, _rescaling(wide))
        yield _case(pack_depthwise_conv_2d(rows, geometry, variant), [bytes_in], count * wide)
    for is_maximum in (False, True):
        yield _case(pack_pool(geometry, is_maximum, (-128, 127), variant), [bytes_in], count * channels)
    shape = (1, *size, channels)
    for axes in ({1, 2}, {1}, {2}, {3}):
        p = mean_parameters((0.1, 0), (0.1, 0), MeanShape.of(shape, axes).count)
        kept = int(np.prod([n for axis, n in enumerate(shape) if axis not in axes]))
        yield _case(pack_mean(MeanShape.of(shape, axes), p, variant), [bytes_in], kept)


def _element_cases(rng: Rng, size: int, variant: KernelVariant) -> Iterator[KernelCase]:
    table = rng.integers(-128, 128, 256).astype(np.int8)
    limits = (-128, 127)
    factors = add_parameters((0.05, 3), (0.08, -2), (0.1, 1))
    product = _rescaling(1)
    yield _case(pack_table(size, table, variant), [size], size)
    yield _case(pack_shift(size, variant), [size], size)
    yield _case(pack_sub(size, factors, limits, variant), [size, size], size)
    yield _case(pack_mul(size, (1, -2), product, limits, variant), [size, size], size)
    for is_maximum in (False, True):
        yield _case(pack_extremum(size, is_maximum, variant), [size, size], size)
    yield _case(pack_compare(size, "LESS", (0.05, 3), (0.08, -2), variant), [size, size], size)
    yield _case(pack_logical(size, "LOGICAL_OR", variant), [size, size], size)
